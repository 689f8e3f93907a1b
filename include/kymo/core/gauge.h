#pragma once

#include <atomic>
#include <bit>
#include <cstdint>

#include <kymo/core/detail/cells.h>
#include <kymo/core/detail/series_handle.h>

namespace kymo::KYMO_ABI {

struct GaugeStatistics;

/// A value that is set: a queue's depth, a temperature, a realtime factor.
///
/// The last value set by any thread is the value. With statistics (the default) every value also updates
/// count, min, max, mean and the time of the last update; JSON and the live view show these. Threads: any
/// member from any thread and from signal handlers. Cost: without statistics one relaxed store; with them
/// some 20 ns, more when several threads set the same gauge at once. Errors: NaN is refused and counted, and
/// the value stays. A gauge without any value then shows NaN. Infinities are values. Source: OpenMetrics 1.0,
/// "Gauge".
class KYMO_API Gauge final {
 public:
  Gauge() = default;
  explicit Gauge(const SeriesParts& parts) noexcept
      : handle_(parts.handle), cell_(parts.shared_cell), track_(parts.gauge) {
    if (track_ == nullptr) plain_ = cell_;
  }

  void set(double value) noexcept {
    if (!is_recording()) return;
    if (plain_ != nullptr && value == value) [[likely]] {
      plain_->store(std::bit_cast<std::uint64_t>(value), std::memory_order_relaxed);
    } else {
      set_slowly(value);
    }
  }
  /// Atomic: no addition of another thread is lost. For sums over many threads UpDownCounter is faster.
  void add(double amount) noexcept;
  void sub(double amount) noexcept { add(-amount); }

  /// 0 until the first set().
  [[nodiscard]] double value() const noexcept;
  /// All zero without statistics. Include <kymo/core/snapshot.h> for the type.
  [[nodiscard]] GaugeStatistics statistics() const noexcept;

 private:
  void set_slowly(double value) noexcept;
  void refuse_nan() noexcept;

  SeriesHandle handle_;
  Cell* plain_ = nullptr;  // set where a plain store is enough
  Cell* cell_ = nullptr;
  GaugeTrack* track_ = nullptr;
};

}  // namespace kymo::KYMO_ABI
