#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace kymo::inline v0 {

/// The last N values recorded, by whichever thread. A writer takes the next slot and stores; nobody waits for
/// anybody.
class WindowRing final {
 public:
  explicit WindowRing(std::size_t capacity);

  void record(double value) noexcept;

  /// How many were recorded since the start, or since reset().
  [[nodiscard]] std::uint64_t count() const noexcept {
    return next_.load(std::memory_order_acquire) - first_.load(std::memory_order_relaxed);
  }
  /// From now on count() and sorted() tell of later values only. One thread at a time, the one that reads.
  void reset() noexcept { first_ = next_.load(std::memory_order_acquire); }
  /// The values held, ascending. A value whose writer is between taking its slot and storing shows as the one
  /// before it, or not yet.
  [[nodiscard]] std::vector<double> sorted() const;

 private:
  std::size_t capacity_;
  std::unique_ptr<std::atomic<double>[]> slots_;
  std::atomic<std::uint64_t> next_{0};
  std::atomic<std::uint64_t> first_{0};
};

}  // namespace kymo::inline v0
