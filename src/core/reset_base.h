#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>

#include <kymo/core/histogram_value.h>

#include "fork_gate.h"

namespace kymo::inline v0 {

/// A series' reading at its last reset, and the time of it. Readers subtract it: cells only grow, so
/// that recording threads need not know of resets. Threads: any.
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
  }
  /// `nanoseconds`: the sum of a timing.
  void set(HistogramValue histogram, std::uint64_t nanoseconds) {
    const StructureLock lock(mutex_);
    histogram_ = std::move(histogram);
    number_ = nanoseconds;
  }
  /// Bit pattern, in the form of the family's storage; of a timing the nanoseconds. Of a level what it was,
  /// which nobody subtracts.
  [[nodiscard]] std::uint64_t number() const {
    const StructureLock lock(mutex_);
    return number_;
  }
  void subtract_from(HistogramValue& value, std::uint64_t& nanoseconds) const {
    const StructureLock lock(mutex_);
    if (histogram_) value.subtract(*histogram_);
    nanoseconds -= number_;
  }

 private:
  mutable std::mutex mutex_;
  Time time_;
  std::uint64_t number_ = 0;
  std::optional<HistogramValue> histogram_;
};

}  // namespace kymo::inline v0
