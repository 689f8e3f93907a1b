#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "annotations.h"
#include "histogram_math.h"
#include "sample_columns.h"

namespace kymo::KYMO_ABI::query {

/// The number at a time between two samples. A count that fell began at 0.
[[nodiscard]] double interpolate(double left, std::int64_t left_ms, double right, std::int64_t right_ms,
                                 std::int64_t at_ms, bool is_counter) noexcept;

/// Values of a series between its samples. Source: Prometheus 3.14, "smoothed" and "anchored".
struct Interpolation {
  Annotations& notes;
  Span span;
  std::string_view metric;

  /// Of a window with samples on both sides of the time; without one behind, the last one.
  [[nodiscard]] std::optional<double> number_at(const Window& window, std::int64_t at_ms) const;
  [[nodiscard]] FloatHistogramRef histogram_at(const Window& window, std::int64_t at_ms) const;
  /// Between samples `place` and `place + 1`. Null where they do not fit.
  [[nodiscard]] FloatHistogramRef between(const Window& window, std::size_t place, std::int64_t at_ms,
                                          bool is_counter) const;
  /// Adds or subtracts, and notes what there is to note. False where the histograms do not fit.
  bool add(FloatHistogram& into, const FloatHistogram& other) const;
  bool subtract(FloatHistogram& from, const FloatHistogram& other) const;
};

}  // namespace kymo::KYMO_ABI::query
