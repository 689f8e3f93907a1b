#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include <kymo/core/snapshot.h>
#include <kymo/core/snapshot_writer.h>

namespace kymo::KYMO_ABI::monitor {

/// The families of a producer's last call, for Snapshots until its next call: only the tick reads /proc, not
/// each scrape. Threads: any.
class FamilyCache final {
 public:
  using Families = std::vector<FamilySnapshot>;

  void replace(Families families);
  /// Writes them into a Snapshot.
  void write(SnapshotWriter& writer) const;

 private:
  mutable std::mutex mutex_;  // guards the pointer only
  std::shared_ptr<const Families> families_ = std::make_shared<const Families>();
};

}  // namespace kymo::KYMO_ABI::monitor
