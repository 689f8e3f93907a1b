#pragma once

#include <span>
#include <string_view>

#include <kymo/query/expression.h>

#include "histogram_math.h"
#include "query_context.h"
#include "sample_columns.h"

namespace kymo::KYMO_ABI::query {

/// A call of a function of a range, for one series.
struct RangeCall {
  Annotations& notes;
  Span span;                        ///< of the range
  std::string_view metric;          ///< name of the series
  std::span<const double> scalars;  ///< the other arguments, at this step
  const QueryContext& context;

  void note(Note one) const { notes.add(one, span, metric); }
};

/// A number, a histogram, or neither.
struct RangeValue {
  double number = kAbsent;
  FloatHistogramRef histogram;
};

/// Computes the value of a window that has samples.
using RangeFunction = RangeValue (*)(const RangeCall&, const Window&);

/// A series of numbers whose windows are plain and whose counts have one start at most.
struct SweepCall {
  const Grid& grid;
  const WindowShape& shape;
  const SampleColumns& columns;
  EvalSeries& into;
};

/// Computes all windows of a series at once, each as RangeFunction would.
using RangeSweep = void (*)(const SweepCall&);

/// Null for a function that looks at each window alone.
[[nodiscard]] RangeSweep find_rate_sweep(std::string_view name) noexcept;
[[nodiscard]] RangeSweep find_over_time_sweep(std::string_view name) noexcept;

/// Null for a name that no such function has.
[[nodiscard]] RangeFunction find_over_time_function(std::string_view name) noexcept;
[[nodiscard]] RangeFunction find_rate_function(std::string_view name) noexcept;
[[nodiscard]] RangeFunction find_change_function(std::string_view name) noexcept;

}  // namespace kymo::KYMO_ABI::query
