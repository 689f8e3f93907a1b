#pragma once

#include <chrono>
#include <cstdint>
#include <ratio>
#include <type_traits>

#include <kymo/core/detail/series_handle.h>
#include <kymo/core/histogram.h>

namespace kymo::KYMO_ABI {

struct WindowValue;

/// Durations: an exponential histogram in seconds over all of them, and the last N
/// exactly.
///
/// Unit: exported in seconds; recorded as whole nanoseconds, so the sum is exact. Threads: as Counter.
/// Cost: Histogram's, and Window's unless the family was registered with `recent = 0`. Errors: a negative
/// duration (a clock that stepped back) counts as zero, and in
/// `kymo_recordings_refused_total{reason="negative"}`.
class KYMO_API Timing final {
 public:
  Timing() = default;
  explicit Timing(const SeriesParts& parts) noexcept
      : handle_(parts.handle), cell_(parts.histogram_cell()), recent_(parts.window) {}

  /// Durations above 292 years, the limit of nanoseconds, count as 292 years.
  template <class Rep, class Period>
  void record(std::chrono::duration<Rep, Period> duration) noexcept {
    using std::chrono::nanoseconds;
    if constexpr (std::is_floating_point_v<Rep>) {
      record_seconds(static_cast<double>(std::chrono::duration<Rep>(duration).count()));
    } else if constexpr (std::ratio_less_equal_v<Period, std::nano>) {
      record_ns(std::chrono::duration_cast<nanoseconds>(duration).count());
    } else {
      constexpr auto kLongest = std::chrono::floor<std::chrono::duration<Rep, Period>>(nanoseconds::max());
      const bool fits = duration <= kLongest && duration >= -kLongest;
      record_ns(fits                   ? nanoseconds(duration).count()
                : duration.count() < 0 ? -1
                                       : nanoseconds::max().count());
    }
  }
  /// In seconds, for durations given as numbers. NaN and infinities are refused and counted.
  void record_seconds(double seconds) noexcept;

  /// All durations. Include <kymo/core/histogram_value.h> for the type.
  [[nodiscard]] HistogramValue value() const;
  /// The last N. Include <kymo/core/snapshot.h> for the type.
  [[nodiscard]] WindowValue recent() const;

  /// The Timing for scopes that an exception left: the series of the same family and labels, with
  /// `error="true"`. Cost: a look-up. Errors: none; without memory or registry, returns this Timing
  /// itself.
  [[nodiscard]] Timing failed() const noexcept;

  /// The underlying series; null when there is none.
  [[nodiscard]] const Series* series() const noexcept { return handle_.get(); }

 private:
  void record_ns(std::int64_t nanoseconds) noexcept {
    if (!is_recording()) return;
    if (nanoseconds < 0) [[unlikely]] {
      cells::refuse(cells::Refusal::negative);
      nanoseconds = 0;
    }
    cells::record_ns(cell_, static_cast<std::uint64_t>(nanoseconds));
    if (recent_ != nullptr) record_recent(static_cast<double>(nanoseconds) * 1e-9);
  }
  void record_recent(double seconds) noexcept;

  SeriesHandle handle_;
  CellId cell_ = kNullHistogramCell;
  WindowRing* recent_ = nullptr;
};

}  // namespace kymo::KYMO_ABI
