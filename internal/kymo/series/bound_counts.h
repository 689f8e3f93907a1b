#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <kymo/core/histogram_value.h>

namespace kymo::KYMO_ABI::series {

/// Counts a histogram's values at or below each bound of its family.
///
/// Gives the same results as HistogramValue::count_at_or_below, in one walk over the buckets for all bounds.
/// It computes no power of two per bucket: at 20 bounds and 60 buckets that is 0.2 µs instead of 10. A
/// histogram with own bounds gives the count at its largest bound at or below.
class BoundCounts final {
 public:
  /// `bounds` must ascend and outlive this.
  explicit BoundCounts(std::span<const double> bounds);

  /// One count a bound. Valid until the next call.
  [[nodiscard]] std::span<const std::uint64_t> of(const HistogramValue& histogram);

 private:
  void count_exponential(const HistogramValue& histogram);
  void count_by_bounds(const HistogramValue& histogram);

  std::span<const double> bounds_;
  std::vector<HistogramBuckets::Through> places_;  // the exponential bucket that ends at or below each bound
  std::vector<std::uint64_t> counts_;
};

}  // namespace kymo::KYMO_ABI::series
