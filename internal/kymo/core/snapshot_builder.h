#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <kymo/core/snapshot.h>
#include <kymo/core/snapshot_writer.h>

namespace kymo::KYMO_ABI {

/// Puts a Snapshot together from producers, with or without a registry.
///
/// Threads: one at a time. Errors: what a producer writes wrongly (a bad name, a name that is taken, a bad
/// label key, the same labels twice) is left out and counted in `errors()`.
class SnapshotBuilder final : public SnapshotWriter {
 public:
  SnapshotBuilder() = default;

  /// Whether producers may write series of a family that is added.
  enum class Others : std::uint8_t { refused, join };

  /// A family that a producer may not shadow: its names are taken from now on. Where others join, their
  /// series of the same kind and unit come to it: a counter's are added to those with the same labels; a
  /// gauge's are left out where the family has those labels.
  void add_family(FamilySnapshot family, Others others = Others::refused);

  /// Takes over what producers wrote into `other`, as if they had written it here. `other` must not be used
  /// afterwards.
  void take_over(SnapshotBuilder&& other);

  /// What was left out so far.
  [[nodiscard]] std::uint64_t errors() const noexcept { return errors_; }
  /// Why families were left out, the first few.
  [[nodiscard]] const std::vector<std::string>& messages() const noexcept { return messages_; }

  /// The Snapshot; the builder is empty again afterwards. Families in which nothing was written are left out.
  [[nodiscard]] std::shared_ptr<const Snapshot> finish(
      std::chrono::system_clock::time_point time = std::chrono::system_clock::now(),
      std::chrono::nanoseconds uptime = {});

  /// Only the families that producers wrote, for whoever keeps them between Snapshots.
  [[nodiscard]] std::vector<FamilySnapshot> take_families();

 private:
  struct Draft {
    FamilyColumns columns;
    std::vector<SeriesPtr> series;
  };

  FamilyWriter family(Kind kind, const FamilyOptions& options) override;
  Draft* find_draft(Kind kind, const FamilyOptions& options);
  Draft* new_draft(Kind kind, const FamilyOptions& options);
  [[nodiscard]] std::shared_ptr<const Descriptor> claim(Kind kind, const FamilyOptions& options);
  [[nodiscard]] std::shared_ptr<const Descriptor> claim(std::shared_ptr<const Descriptor> descriptor);
  void take_over(const std::string& name, std::unique_ptr<Draft> theirs);
  std::nullptr_t refuse(std::string message);
  void finish_draft(Draft draft);
  std::size_t drop_repeated_series(Draft& draft);

  std::map<std::string, std::unique_ptr<Draft>, std::less<>> drafts_;  // by the name as written
  std::set<std::string, std::less<>> taken_;                           // sample names
  std::set<std::string, std::less<>> names_;                           // as registered
  std::map<std::string, std::shared_ptr<const Descriptor>, std::less<>> joined_;
  std::vector<FamilySnapshot> finished_;
  Draft discarded_;  // where a refused family's samples go
  std::uint64_t errors_ = 0;
  std::vector<std::string> messages_;
};

}  // namespace kymo::KYMO_ABI
