#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include <kymo/core/histogram_value.h>
#include <kymo/core/registry.h>

namespace kymo {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

double exact_quantile(std::vector<double> values, double q) {
  std::sort(values.begin(), values.end());
  const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(values.size())));
  return values[std::max<std::size_t>(rank, 1) - 1];
}

TEST(BoundedHistogram, CountsByItsBounds) {
  Registry registry;
  Histogram histogram = registry.histogram("lag", "Lag.", {.bounds = {-1, 0, 10}});
  for (const double value : {-5.0, -1.0, -0.5, 0.0, 10.0, 11.0}) histogram.record(value);
  const HistogramValue value = histogram.value();
  EXPECT_EQ(value.count_at_or_below(-1), 2U) << "a border belongs to the bucket below it";
  EXPECT_EQ(value.count_at_or_below(0), 4U);
  EXPECT_EQ(value.count_at_or_below(10), 5U);
  EXPECT_EQ(value.count_at_or_below(kInfinity), 6U);
  EXPECT_EQ(value.min(), -5);
  EXPECT_EQ(value.sum(), 14.5);
  EXPECT_TRUE(value.has_bounds());
  EXPECT_FALSE(HistogramValue().merge(value)) << "what is counted between bounds would be lost";
}

// The voice server's: a model that takes 61 µs, between bounds that begin at 50 ms.
TEST(BoundedHistogram, TakesPercentilesFromTheSketchAndNotFromItsBounds) {
  Registry registry;
  Histogram histogram =
      registry.histogram("inference_time", "Inference.",
                         {.unit = "seconds", .bounds = {.05, .1, .25, .5}, .non_negative = true});
  for (int i = 0; i < 90; ++i) histogram.record(0.000061);
  for (int i = 0; i < 10; ++i) histogram.record(0.000153);
  const HistogramValue value = histogram.value();
  EXPECT_NEAR(value.quantile(0.5), 0.000061, 0.000061 * 0.01);
  EXPECT_NEAR(value.quantile(0.95), 0.000153, 0.000153 * 0.01);
  EXPECT_EQ(value.count_at_or_below(.05), 100U);
  ASSERT_EQ(value.bound_counts().size(), 5U);
  EXPECT_EQ(value.bound_counts()[0], 100U);
}

TEST(BoundedHistogram, RefusesNegativeValuesWhereItIsToTakeNone) {
  Registry registry;
  Histogram durations =
      registry.histogram("d", "D.", {.exemplars = Exemplars::on, .bounds = {-1, 1}, .non_negative = true});
  const auto refused = [&registry] {
    const auto snapshot = registry.snapshot();
    return to_double(snapshot->find("kymo_recordings_refused_total", {{"reason", "negative"}})->number);
  };
  const double before = refused();
  durations.record(-1e-300);
  durations.record_with_exemplar(-0.5, {{"trace_id", "a"}});
  durations.record(-0.0);
  EXPECT_EQ(durations.value().count(), 1U);
  EXPECT_EQ(durations.value().min(), 0);
  EXPECT_EQ(refused() - before, 2);
  EXPECT_EQ(registry.snapshot()->find("d", {})->exemplars, nullptr);
}

double signed_value() {
  const int exponent = *rc::gen::inRange(-45, 46);
  const double magnitude = std::ldexp(1 + *rc::gen::inRange(0, 1000) / 1000.0, exponent);
  return magnitude * *rc::gen::element(-1, 0, 1, 1);
}

// Values of either sign, in any order, from two threads, before and after a reset.
RC_GTEST_PROP(BoundedHistogram, IsWhatAListOfItsValuesSays, ()) {
  const std::vector<double> bounds = {-1000, -1, -0x1p-42, 0, 0x1p-41, 0.3, 1, 7e13};
  const auto some = [] { return *rc::gen::container<std::vector<double>>(rc::gen::exec(signed_value)); };
  const std::vector<double> before = some();
  std::vector<double> values = some();
  const std::vector<double> more = some();
  Registry registry;
  Histogram histogram = registry.histogram("h", "H.", {.bounds = bounds});
  for (const double value : before) histogram.record(value);
  static_cast<void>(registry.reset());
  for (const double value : values) histogram.record(value);
  std::thread([&] {
    for (const double value : more) histogram.record(value);
  }).join();
  values.insert(values.end(), more.begin(), more.end());
  const HistogramValue value = histogram.value();
  RC_ASSERT(value.count() == values.size());
  for (const double bound : bounds) {
    const auto expected = std::ranges::count_if(values, [bound](double one) { return one <= bound; });
    RC_ASSERT(value.count_at_or_below(bound) == static_cast<std::uint64_t>(expected));
  }
  constexpr double kTop = 0x1p44;  // beyond it is one bucket
  for (const double q : {0.05, 0.25, 0.5, 0.9}) {
    if (values.empty()) break;
    const double exact = exact_quantile(values, q);
    const double found = value.quantile(q);
    RC_LOG() << "q " << q << ": " << found << " for " << exact << '\n';
    if (std::abs(exact) <= kTop)
      RC_ASSERT(std::abs(found - exact) <= std::max(std::abs(exact) * 0.01, 0x1p-40));
  }
}

TEST(BoundedHistogram, MergesItsCountsBetweenBoundsToo) {
  Registry registry;
  const auto of = [&registry](const std::string& name, std::initializer_list<double> values) {
    Histogram histogram = registry.histogram(name, "H.", {.bounds = {-1, 1}});
    for (const double value : values) histogram.record(value);
    return histogram.value();
  };
  HistogramValue merged = of("a", {-5, 0.5});
  EXPECT_TRUE(merged.merge(of("b", {-0.25, 3, 4})));
  EXPECT_EQ(merged, of("c", {-5, 0.5, -0.25, 3, 4}));
  EXPECT_EQ(merged.count_at_or_below(1), 3U);
  EXPECT_EQ(merged.min(), -5);
}

}  // namespace
}  // namespace kymo
