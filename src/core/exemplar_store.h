#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <kymo/core/labels.h>
#include <kymo/core/snapshot.h>

namespace kymo::KYMO_ABI {

/// Why an exemplar was dropped.
enum class ExemplarDrop : std::uint8_t { labels, length, busy };
inline constexpr std::size_t kExemplarDrops = 3;

/// Number of dropped exemplars, by ExemplarDrop.
using ExemplarDrops = std::array<std::atomic<std::uint64_t>, kExemplarDrops>;

/// The latest exemplar of a counter, or of each text bucket of a histogram.
///
/// A writer that finds its slot in use drops the exemplar: recording never waits.
class ExemplarStore final {
 public:
  /// OpenMetrics 1.0: the labels of an exemplar may have 128 characters (code points) together.
  static constexpr std::size_t kMaxLabelCharacters = 128;

  /// One slot a bound and one above the last. No bounds: one slot. `drops` counts the
  /// drops.
  ExemplarStore(std::shared_ptr<const std::vector<double>> bounds, std::shared_ptr<ExemplarDrops> drops);

  /// Replaces the earlier exemplar. Drops and counts the new one if keys are invalid or
  /// equal, a value is not UTF-8, labels are missing or too long, or the slot is in
  /// use.
  void offer(double value, Labels labels, std::chrono::system_clock::time_point time) noexcept;

  /// Forgets all exemplars, except one that is being written.
  void clear() noexcept;

  /// The kept exemplars, ascending by slot.
  [[nodiscard]] std::vector<Exemplar> read() const;

 private:
  /// A character takes at most four bytes, escaped or not; in a key one. So each label, with its key, `=""`
  /// and a comma, adds at most one byte to 4 × 128. There are at most 128 labels.
  static constexpr std::size_t kMaxTextBytes = 5 * kMaxLabelCharacters;

  struct Slot {
    std::atomic<bool> busy{false};
    bool filled = false;
    std::size_t size = 0;
    std::array<char, kMaxTextBytes> text{};  // rendered
    double value = 0;
    std::chrono::system_clock::time_point time;
  };

  void drop(ExemplarDrop reason) noexcept;

  std::shared_ptr<const std::vector<double>> bounds_;
  std::shared_ptr<ExemplarDrops> drops_;
  std::size_t slot_count_;
  std::unique_ptr<Slot[]> slots_;
};

}  // namespace kymo::KYMO_ABI
