#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <vector>

#include <kymo/core/labels.h>
#include <kymo/core/snapshot.h>

namespace kymo::inline v0 {

/// The latest exemplar of a counter, or of each text bucket of a histogram.
///
/// A writer that finds its slot in use leaves it: an exemplar is a sample, and recording never waits.
class ExemplarStore final {
 public:
  /// OpenMetrics 1.0: the labels of an exemplar may have 128 characters together.
  static constexpr std::size_t kMaxLabelBytes = 128;

  /// One slot a bound and one for what lies above the last. No bounds: one slot.
  explicit ExemplarStore(std::shared_ptr<const std::vector<double>> bounds);

  /// False when nothing was kept: labels too long or not valid, or the slot in use.
  bool offer(double value, Labels labels, std::chrono::system_clock::time_point time) noexcept;

  /// Forgets what is kept, but for a slot that is being written.
  void clear() noexcept;

  /// What is kept, ascending by slot.
  [[nodiscard]] std::vector<Exemplar> read() const;

 private:
  struct Slot {
    std::atomic<bool> busy{false};
    bool filled = false;
    std::size_t size = 0;
    std::array<char, kMaxLabelBytes * 2> text{};  // rendered: quotes and escapes come on top
    double value = 0;
    std::chrono::system_clock::time_point time;
  };

  std::shared_ptr<const std::vector<double>> bounds_;
  std::size_t slot_count_;
  std::unique_ptr<Slot[]> slots_;
};

}  // namespace kymo::inline v0
