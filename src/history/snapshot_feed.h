#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <kymo/core/snapshot.h>

#include "head.h"

namespace kymo::KYMO_ABI::history {

/// Since 1970.
[[nodiscard]] inline std::int64_t milliseconds_of(std::chrono::system_clock::time_point time) noexcept {
  return std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

/// Writes Snapshots into a Head. The feed remembers for each family where its series are. So a Snapshot with
/// the series of the one before needs no look at labels, and allocates nothing. Under the lock of the store.
class SnapshotFeed final {
 public:
  explicit SnapshotFeed(Head& head);
  SnapshotFeed(const SnapshotFeed&) = delete;
  SnapshotFeed& operator=(const SnapshotFeed&) = delete;
  ~SnapshotFeed();

  /// Finds the place of each series: between two ticks. Throws `std::bad_alloc`; then write() must not
  /// follow.
  void prepare(const Snapshot& snapshot);
  struct Written {
    std::uint64_t samples = 0;
    std::uint64_t refused =
        0;  ///< at the limit of series, with other bounds than their family, or without memory
  };
  /// Writes the prepared Snapshot's samples: in a tick.
  Written write(const Snapshot& snapshot) noexcept;

 private:
  struct Plan;

  void match_families(const Snapshot& snapshot);
  void plan_series(const FamilySnapshot& family, Plan& plan);
  void add_targets(const FamilySnapshot& family, std::size_t index, const Plan& plan,
                   std::vector<Target>& targets);
  static void end(const Plan& plan) noexcept;
  static void write_starts(const FamilySnapshot& family, Plan& plan);
  static Written write_numbers(const FamilySnapshot& family, const Plan& plan);
  static Written write_windows(const FamilySnapshot& family, const Plan& plan);
  Written write_histograms(const FamilySnapshot& family, const Plan& plan);
  Written write_family(const FamilySnapshot& family, Plan& plan);

  Head& head_;
  std::vector<std::unique_ptr<Plan>> plans_;  ///< in the order of the Snapshot's families
  std::vector<std::uint8_t> scratch_;
};

}  // namespace kymo::KYMO_ABI::history
