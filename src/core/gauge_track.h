#pragma once

#include <atomic>
#include <cstdint>
#include <limits>

#include <kymo/core/snapshot.h>

namespace kymo::KYMO_ABI {

/// Count, sum, extremes and time of every value that a gauge was set to. Lock-free, shared by all threads:
/// what a gauge holds is shared by nature, so there is nothing to own apart.
class GaugeTrack final {
 public:
  void note(double value) noexcept;
  /// Consistent once writers have stopped; while they run, each figure is true of some moment of the reading.
  [[nodiscard]] GaugeStatistics read() const noexcept;
  [[nodiscard]] std::uint64_t count() const noexcept { return count_.load(std::memory_order_relaxed); }

  /// From now on read() tells of later values only. A value noted at the same moment may be missing from min
  /// and max. One thread at a time, the one that reads.
  void reset() noexcept;
  /// As reset(), but the value that is held now is the first that read() tells of. Nothing where none was
  /// noted.
  void begin_with(double held) noexcept;

 private:
  std::atomic<std::uint64_t> count_{0};
  std::atomic<double> sum_{0};  // of the finite ones, scaled down
  std::atomic<double> min_{std::numeric_limits<double>::infinity()};
  std::atomic<double> max_{-std::numeric_limits<double>::infinity()};
  std::atomic<std::int64_t> last_update_ns_{0};
  std::atomic<std::uint64_t> count_at_reset_{0};
  std::atomic<double> sum_at_reset_{0};
};

}  // namespace kymo::KYMO_ABI
