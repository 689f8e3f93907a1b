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

/// Builds a Snapshot from producers, with or without a registry.
///
/// Threads: one at a time. Errors: a producer's invalid output (a bad or taken name, a bad label key,
/// repeated labels) is skipped and counted in `errors()`.
class SnapshotBuilder final : public SnapshotWriter {
 public:
  SnapshotBuilder() = default;

  /// Whether producers may add series to an added family.
  enum class Others : std::uint8_t { refused, join };

  /// Adds a family that no producer may shadow: its names are taken from now on. With Others::join,
  /// producers' series of the same kind and unit join it. A counter's are added to those with the same
  /// labels. A gauge's are dropped if the family has those labels.
  void add_family(FamilySnapshot family, Others others = Others::refused);

  /// Moves the producers' output from `other` to this builder. `other` must not be used
  /// afterwards.
  void take_over(SnapshotBuilder&& other);

  /// Number of skipped items so far.
  [[nodiscard]] std::uint64_t errors() const noexcept { return errors_; }
  /// Reasons for skipped families, the first few.
  [[nodiscard]] const std::vector<std::string>& messages() const noexcept { return messages_; }

  /// Returns the Snapshot and empties the builder. Families without series are left out.
  [[nodiscard]] std::shared_ptr<const Snapshot> finish(
      std::chrono::system_clock::time_point time = std::chrono::system_clock::now(),
      std::chrono::nanoseconds uptime = {});

  /// Returns only the producers' families, for a caller that keeps them between Snapshots.
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
  Draft discarded_;  // takes the samples of refused families
  std::uint64_t errors_ = 0;
  std::vector<std::string> messages_;
};

}  // namespace kymo::KYMO_ABI
