#pragma once

#include <atomic>
#include <cstdint>
#include <limits>

#include <kymo/core/snapshot.h>

namespace kymo::KYMO_ABI {

/// Count, sum, extremes and time of every value that a gauge was set to. Lock-free and shared by all threads,
/// because a gauge itself is shared.
class GaugeTrack final {
 public:
  void note(double value) noexcept;
  /// Consistent once writers have stopped. During writes each figure is true of some moment of the reading.
  [[nodiscard]] GaugeStatistics read() const noexcept;
  [[nodiscard]] std::uint64_t count() const noexcept { return count_.load(std::memory_order_relaxed); }

  /// Forgets earlier values. A concurrent value may be missing from min and max. Only the reading thread may
  /// call it, one at a time.
  void reset() noexcept;
  /// As reset(), but keeps the current value as the first one. No effect without any
  /// value.
  void begin_with(double held) noexcept;

 private:
  std::atomic<std::uint64_t> count_{0};
  std::atomic<double> sum_{0};  // of the finite values, scaled down
  std::atomic<double> min_{std::numeric_limits<double>::infinity()};
  std::atomic<double> max_{-std::numeric_limits<double>::infinity()};
  std::atomic<std::int64_t> last_update_ns_{0};
  std::atomic<std::uint64_t> count_at_reset_{0};
  std::atomic<double> sum_at_reset_{0};
};

}  // namespace kymo::KYMO_ABI
