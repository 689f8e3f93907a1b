#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <kymo/core/histogram_value.h>

namespace kymo::KYMO_ABI::series {

/// Asks histograms of one family how many of their values are at or below each of its bounds.
///
/// The same answers as HistogramValue::count_at_or_below gives, in one walk over the buckets for all bounds
/// together, and with no power of two taken per bucket: at 20 bounds and 60 buckets that is 0.2 µs instead
/// of 10. Of a histogram with bounds of its own, the count at the largest of them that is at or below.
class BoundCounts final {
 public:
  /// `bounds` ascend and outlive this.
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
