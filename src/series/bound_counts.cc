#include <kymo/series/bound_counts.h>

#include <cmath>
#include <limits>

namespace kymo::KYMO_ABI::series {
namespace {

constexpr double kBucketsPerOctave = 1 << HistogramValue::kScale;

std::int64_t last_index_at_or_below(double bound) {
  if (!(bound > 0)) return std::numeric_limits<std::int64_t>::min();
  if (std::isinf(bound)) return std::numeric_limits<std::int32_t>::max();
  // An estimate by the logarithm, corrected by the borders themselves.
  auto index = static_cast<std::int32_t>(std::floor(std::log2(bound) * kBucketsPerOctave)) - 1;
  while (HistogramValue::upper_border(index + 1) <= bound) ++index;
  while (HistogramValue::upper_border(index) > bound) --index;
  return index;
}

}  // namespace

BoundCounts::BoundCounts(std::span<const double> bounds) : bounds_(bounds), counts_(bounds.size()) {
  places_.reserve(bounds.size());
  for (const double bound : bounds) places_.emplace_back(last_index_at_or_below(bound));
}

std::span<const std::uint64_t> BoundCounts::of(const HistogramValue& histogram) {
  if (histogram.has_bounds()) {
    count_by_bounds(histogram);
  } else {
    count_exponential(histogram);
  }
  return counts_;
}

void BoundCounts::count_exponential(const HistogramValue& histogram) {
  histogram.buckets().sums_through(places_, counts_);
  if (histogram.zero_count() == 0) return;
  for (std::size_t i = 0; i < bounds_.size(); ++i) {
    if (bounds_[i] >= 0) counts_[i] += histogram.zero_count();
  }
}

// The histogram's own bounds, which the text usually shows: exact at each.
void BoundCounts::count_by_bounds(const HistogramValue& histogram) {
  const auto own = histogram.bounds();
  const auto in_bucket = histogram.bound_counts();
  std::uint64_t below = 0;
  std::size_t next = 0;
  for (std::size_t i = 0; i < bounds_.size(); ++i) {
    for (; next < own.size() && own[next] <= bounds_[i]; ++next) below += in_bucket[next];
    counts_[i] = below;
  }
}

}  // namespace kymo::KYMO_ABI::series
