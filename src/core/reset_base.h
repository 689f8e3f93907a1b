#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>

#include <kymo/core/histogram_value.h>

#include "fork_gate.h"

namespace kymo::inline v0 {

/// What a series read when it was last reset. Readers subtract it: cells only grow, so that recording threads
/// need not know of resets. Threads: any.
class ResetBase final {
 public:
  void set(std::uint64_t number) {
    const StructureLock lock(mutex_);
    number_ = number;
  }
  void set(HistogramValue histogram) {
    const StructureLock lock(mutex_);
    histogram_ = std::move(histogram);
  }
  /// Bit pattern, in the form of the family's storage.
  [[nodiscard]] std::uint64_t number() const {
    const StructureLock lock(mutex_);
    return number_;
  }
  void subtract_from(HistogramValue& value) const {
    const StructureLock lock(mutex_);
    if (histogram_) value.subtract(*histogram_);
  }

 private:
  mutable std::mutex mutex_;
  std::uint64_t number_ = 0;
  std::optional<HistogramValue> histogram_;
};

}  // namespace kymo::inline v0
