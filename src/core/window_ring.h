#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "fork_gate.h"

namespace kymo::KYMO_ABI {

/// The last N values, recorded by any thread. A writer takes the next slot and stores; nobody waits. A forked
/// child begins with none.
class WindowRing final {
 public:
  explicit WindowRing(std::size_t capacity);

  void record(double value) noexcept;

  /// Number of records since the start, or since reset().
  [[nodiscard]] std::uint64_t count() const noexcept {
    return is_of_this_process()
               ? next_.load(std::memory_order_acquire) - first_.load(std::memory_order_relaxed)
               : 0;
  }
  /// Forgets earlier values for count() and sorted(). Only the reading thread may call it, one at a time.
  void reset() noexcept;
  /// The values, ascending. A value whose writer has taken its slot but not stored yet appears as the old
  /// value, or not yet.
  [[nodiscard]] std::vector<double> sorted() const;

 private:
  [[nodiscard]] bool is_of_this_process() const noexcept {
    return fork_generation_.load(std::memory_order_acquire) == kymo::fork_generation();
  }
  void begin_child() noexcept;

  std::size_t capacity_;
  std::unique_ptr<std::atomic<double>[]> slots_;
  std::atomic<std::uint64_t> next_{0};
  std::atomic<std::uint64_t> first_{0};
  std::atomic<std::uint32_t> fork_generation_{kymo::fork_generation()};
};

}  // namespace kymo::KYMO_ABI
