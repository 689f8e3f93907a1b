// The walk that serves all bounds at once, against HistogramValue asked for each bound.

#include <kymo/series/bound_counts.h>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

namespace kymo::KYMO_ABI::series {
namespace {

void expect_same(const HistogramValue& histogram, const std::vector<double>& bounds) {
  BoundCounts counts{bounds};
  const auto all = counts.of(histogram);
  RC_ASSERT(all.size() == bounds.size());
  for (std::size_t i = 0; i < bounds.size(); ++i) RC_ASSERT(all[i] == histogram.count_at_or_below(bounds[i]));
}

std::vector<double> ascending_bounds() {
  std::set<double> bounds;
  if (*rc::gen::arbitrary<bool>()) bounds.insert(0);
  for (const int thirds : *rc::gen::container<std::vector<int>>(rc::gen::inRange(-60, 60))) {
    bounds.insert(thirds % 3 == 0 ? std::exp2(thirds / 3) : thirds);
  }
  return {bounds.begin(), bounds.end()};
}

std::uint64_t any_count() { return *rc::gen::inRange<std::uint64_t>(1, 1'000'000); }

RC_GTEST_PROP(BoundCounts, AgreeWithTheHistogramThatIsExponential, ()) {
  HistogramValue histogram;
  for (const int index : *rc::gen::container<std::set<int>>(rc::gen::inRange(-2560, 2816))) {
    histogram.add_bucket(index, any_count());
  }
  histogram.add_zeros(*rc::gen::inRange<std::uint64_t>(0, 10));
  expect_same(histogram, ascending_bounds());
}

RC_GTEST_PROP(BoundCounts, AgreeWithTheHistogramOfExplicitBounds, ()) {
  const auto own = std::make_shared<const std::vector<double>>(ascending_bounds());
  std::vector<std::uint64_t> held(own->size() + 1);
  for (std::uint64_t& count : held) {
    if (*rc::gen::arbitrary<bool>()) count = any_count();
  }
  HistogramValue histogram(own);
  histogram.set_bounded(own, held, {});
  expect_same(histogram, *own);
  // Between bounds of its own a histogram has no exact count: that of the bound below stands.
  const std::vector<double> others = ascending_bounds();
  BoundCounts of_others{others};
  const auto counts = of_others.of(histogram);
  for (std::size_t i = 0; i < others.size(); ++i) {
    const auto below = std::ranges::upper_bound(*own, others[i]) - own->begin();
    RC_ASSERT(counts[i] == std::accumulate(held.begin(), held.begin() + below, std::uint64_t{0}));
  }
}

TEST(BoundCounts, CountABorderBelowIt) {
  for (int exponent = -40; exponent < 44; ++exponent) {
    HistogramValue histogram;
    histogram.add_bucket(exponent * 64 - 1, 3);  // ends exactly at the power of two
    histogram.add_bucket(exponent * 64, 5);
    const std::vector<double> bounds = {std::exp2(exponent)};
    EXPECT_EQ(BoundCounts(bounds).of(histogram)[0], 3U) << exponent;
  }
}

}  // namespace
}  // namespace kymo::KYMO_ABI::series
