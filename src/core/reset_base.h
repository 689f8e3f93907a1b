#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>

#include <kymo/base/assert.h>
#include <kymo/core/histogram_value.h>

#include "fork_gate.h"

namespace kymo::KYMO_ABI {

/// A series' reading at its last reset, and the time of it. Readers subtract it. Cells only grow, so
/// recording threads need not know of resets. A forked child's cells begin at zero; it subtracts nothing
/// until its own reset. Threads: any.
class ResetBase final {
 public:
  using Time = std::chrono::system_clock::time_point;

  explicit ResetBase(Time time) noexcept : time_(time) {}

  void set_time(Time time) {
    const StructureLock lock(mutex_);
    time_ = time;
  }
  [[nodiscard]] Time time() const {
    const StructureLock lock(mutex_);
    return time_;
  }
  void set(std::uint64_t number) {
    const StructureLock lock(mutex_);
    number_ = number;
    fork_generation_ = kymo::fork_generation();
  }
  /// `nanoseconds`: the sum of a timing.
  void set(HistogramValue histogram, std::uint64_t nanoseconds) {
    const StructureLock lock(mutex_);
    histogram_ = std::move(histogram);
    number_ = nanoseconds;
    fork_generation_ = kymo::fork_generation();
  }
  /// Bit pattern, in the form of the family's storage; for a timing the nanoseconds. For a level its old
  /// value, which nobody subtracts.
  [[nodiscard]] std::uint64_t number() const {
    const StructureLock lock(mutex_);
    return is_of_this_process() ? number_ : 0;
  }
  void subtract_from(HistogramValue& value, std::uint64_t& nanoseconds) const {
    const StructureLock lock(mutex_);
    if (!is_of_this_process()) return;
    if (histogram_) {
      // Cells only grow.
      KYMO_ASSERT(value.count() >= histogram_->count());
      value.subtract(*histogram_);
    }
    nanoseconds -= number_;
  }

 private:
  [[nodiscard]] bool is_of_this_process() const noexcept {
    return fork_generation_ == kymo::fork_generation();
  }

  mutable std::mutex mutex_;
  Time time_;
  std::uint64_t number_ = 0;
  std::uint32_t fork_generation_ = kymo::fork_generation();
  std::optional<HistogramValue> histogram_;
};

}  // namespace kymo::KYMO_ABI
