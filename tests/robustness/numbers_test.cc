// The largest, smallest and strangest numbers that callers can hand over. Under the undefined-behaviour
// sanitizer this also shows that none of them overflows on the way.

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include <kymo/core/registry.h>
#include <kymo/format/json.h>
#include <kymo/format/openmetrics.h>
#include <kymo/format/prometheus_text.h>
#include <kymo/format/summary.h>

#include "tests/robustness/effort.h"

namespace kymo::robustness {
namespace {

using namespace std::chrono_literals;

constexpr double kLargest = std::numeric_limits<double>::max();
constexpr double kSmallest = std::numeric_limits<double>::denorm_min();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr std::int64_t kMostNegative = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMostPositive = std::numeric_limits<std::int64_t>::max();

std::vector<double> strange_numbers() {
  return {0.0,
          -0.0,
          kSmallest,
          -kSmallest,
          std::numeric_limits<double>::min(),
          0x1p-40,
          std::nextafter(0x1p-40, 1.0),
          std::nextafter(1.0, 0.0),
          1.0,
          0x1p44,
          std::nextafter(0x1p44, kInfinity),
          0x1p62,
          static_cast<double>(kMostPositive),
          0x1p64,
          kLargest,
          -kLargest,
          kInfinity,
          -kInfinity,
          std::nan(""),
          -std::nan("")};
}

void expect_sound(const HistogramValue& value, std::uint64_t recorded) {
  EXPECT_EQ(value.count(), recorded);
  std::uint64_t in_buckets = value.zero_count();
  for (const auto bucket : value.buckets()) in_buckets += bucket.count;
  for (const auto bucket : value.negative_buckets()) in_buckets += bucket.count;
  EXPECT_EQ(in_buckets, recorded);
  EXPECT_TRUE(std::isfinite(value.sum()));
  if (recorded == 0) return;
  for (const double q : {0.0, 0.5, 0.99, 1.0}) {
    EXPECT_GE(value.quantile(q), value.min());
    EXPECT_LE(value.quantile(q), value.max());
  }
}

TEST(Numbers, OfAnyKindLeaveAHistogramSound) {
  Registry registry;
  for (const double number : strange_numbers()) {
    SCOPED_TRACE(number);
    Registry own;
    Histogram histogram = own.histogram("histogram", "H.");
    histogram.record(number), histogram.record(number);
    const bool taken = number >= 0 && std::isfinite(number);
    expect_sound(histogram.value(), taken ? 2 : 0);
    if (taken) {
      EXPECT_EQ(histogram.value().max(), number);
    }

    Histogram fixed = own.histogram("fixed", "F.", {.bounds = {-1, 0, 1}});
    fixed.record(number), fixed.record(number);
    expect_sound(fixed.value(), std::isfinite(number) ? 2 : 0);
  }
}

TEST(Numbers, OfAnyKindTogetherLeaveEveryInstrumentAndFormatSound) {
  Registry registry;
  Histogram histogram = registry.histogram("histogram", "H.");
  Histogram fixed = registry.histogram("fixed", "F.", {.bounds = {-1, 0, 1}});
  DoubleCounter fractions = registry.double_counter("fractions", "F.");
  Window window = registry.window("window", "W.");
  Timing timing = registry.timing("timing", "T.");
  Gauge gauge = registry.gauge("gauge", "G.");
  for (const double number : strange_numbers()) {
    histogram.record(number), fixed.record(number), fractions.add(number), window.record(number);
    timing.record_seconds(number), gauge.set(number), gauge.add(number), gauge.sub(number);
  }
  EXPECT_FALSE(std::isnan(gauge.value()));
  EXPECT_FALSE(std::isnan(fractions.value()));
  EXPECT_TRUE(std::isfinite(fixed.value().sum()));
  EXPECT_TRUE(std::isfinite(histogram.value().sum()));
  EXPECT_GE(timing.value().min(), 0.0);
  const auto snapshot = registry.snapshot();
  for (auto* write : {format::write_prometheus_text, format::write_openmetrics}) {
    std::string text;
    write(*snapshot, text);
    EXPECT_FALSE(text.empty());
  }
  std::string text;
  format::write_json(*snapshot, text);
  format::write_summary_json(*snapshot, text);
  for (const char* forbidden : {"nan", "NaN", "inf", "Inf"}) {
    EXPECT_EQ(text.find(std::string(":") + forbidden), std::string::npos) << "JSON has no such number";
  }
}

TEST(Numbers, WrapACounterExactly) {
  Registry registry;
  Counter counter = registry.counter("counter", "C.");
  counter.add(kMostPositive);
  counter.add(std::uint64_t{1} << 62U);
  counter.add(std::uint64_t{1} << 62U);
  EXPECT_EQ(counter.value(), 0xffff'ffff'ffff'ffffU);
  (void)registry.snapshot();
  counter.add(3);
  EXPECT_EQ(counter.value(), 2U);
  const auto snapshot = registry.snapshot();
  const auto wraps = snapshot->find("kymo_count_wraps_total", {});
  ASSERT_TRUE(wraps);
  EXPECT_EQ(to_double(registry.snapshot()->find("kymo_count_wraps_total", {})->number), 1);
}

TEST(Numbers, OfEitherSignWrapAnUpDownCounterExactly) {
  Registry registry;
  UpDownCounter counter = registry.up_down_counter("counter", "C.");
  counter.add(kMostPositive);
  counter.sub(kMostPositive);
  EXPECT_EQ(counter.value(), 0);
  counter.add(kMostNegative);
  counter.sub(kMostNegative);
  EXPECT_EQ(counter.value(), -1) << "the opposite of the least number is one more than there is";
  counter.add(kMostPositive);
  counter.add(2);
  EXPECT_EQ(counter.value(), kMostNegative);
  (void)registry.snapshot();
}

TEST(Numbers, ThatASumCannotHoldLeaveItAtTheLargest) {
  Registry registry;
  Histogram histogram = registry.histogram("histogram", "H.");
  for (int i = 0; i < 4; ++i) histogram.record(kLargest);
  EXPECT_EQ(histogram.value().sum(), kLargest);
  EXPECT_EQ(histogram.value().mean(), kLargest) << "between min and max, whatever the sum could hold";
}

// Each thread has a sum of its own, and they are added.
TEST(Numbers, ThatASumOfThreadsCannotHoldLeaveItAtTheLargest) {
  Registry registry;
  Histogram histogram = registry.histogram("histogram", "H.");
  Histogram fixed = registry.histogram("fixed", "F.", {.bounds = {0}});
  const auto record = [&](double value) {
    histogram.record(std::abs(value));
    fixed.record(value);
  };
  record(kLargest);
  // Both threads live at once, so that each has its own cells.
  std::thread([&] { record(kLargest); }).join();
  EXPECT_EQ(histogram.value().sum(), kLargest);
  EXPECT_EQ(fixed.value().sum(), kLargest);
}

TEST(Numbers, TooLargeForTheSumOfATimingNeverMakeItFall) {
  Registry registry;
  Timing timing = registry.timing("timing", "T.");
  double last = 0;
  for (int i = 0; i < 5; ++i) {
    timing.record(std::chrono::nanoseconds::max());
    EXPECT_GE(timing.value().sum(), last) << i;
    last = timing.value().sum();
  }
  EXPECT_GE(timing.value().mean(), timing.value().min());
}

TEST(Numbers, TooLargeForTheirSumLeaveAMeanBetweenThem) {
  Registry registry;
  Gauge gauge = registry.gauge("gauge", "G.");
  Window window = registry.window("window", "W.");
  for (int i = 0; i < 3; ++i) gauge.set(kLargest), window.record(kLargest);
  EXPECT_LE(gauge.statistics().mean, kLargest);
  EXPECT_LE(window.value().mean(), kLargest);
  EXPECT_LE(window.value().total_sum, kLargest);
}

// The mean of an infinity is one; what it must not spoil is the sum that it would stay in for good.
TEST(Numbers, ThatAreInfiniteSpoilNoSumForGood) {
  Registry registry;
  Gauge gauge = registry.gauge("gauge", "G.");
  gauge.set(kInfinity), gauge.set(-kInfinity), gauge.set(1);
  EXPECT_TRUE(std::isnan(gauge.statistics().mean)) << "of both there is no mean";
  EXPECT_EQ(gauge.statistics().count, 3U);
  static_cast<void>(registry.reset());  // keeps the level: 1
  gauge.set(3);
  EXPECT_EQ(gauge.statistics().mean, 2);
}

// The sums of two threads that live at once, infinite each way.
TEST(Numbers, TooLargeForTheSumsOfTwoThreadsLeaveANumber) {
  Registry registry;
  Window window = registry.window("window", "W.");
  DoubleCounter fractions = registry.double_counter("fractions", "F.");
  Timing timing = registry.timing("timing", "T.");
  const auto record = [&](double value) {
    for (int i = 0; i < 3; ++i) window.record(value), fractions.add(std::abs(value));
    for (int i = 0; i < 3; ++i) timing.record(std::chrono::nanoseconds::max());
  };
  record(kLargest);
  std::thread([&] { record(-kLargest); }).join();
  EXPECT_TRUE(std::isfinite(window.value().total_sum));
  EXPECT_EQ(fractions.value(), kLargest);
  EXPECT_GE(timing.value().sum(), 1.8e10) << "not wrapped";
}

TEST(Numbers, TheTopBucketTakesAllThatIsBeyondIt) {
  Registry registry;
  Histogram histogram = registry.histogram("histogram", "H.");
  histogram.record(0x1p44);
  for (const double beyond : {0x1.8p44, 0x1p45, 0x1p62, kLargest}) histogram.record(beyond);
  const HistogramValue value = histogram.value();
  ASSERT_EQ(value.buckets().size(), 1U);
  EXPECT_EQ(value.buckets().front().count, 5U);
  EXPECT_EQ(value.max(), kLargest);
  EXPECT_EQ(value.count_at_or_below(kInfinity), 5U);
}

TEST(Numbers, OfCallbacksAreTakenAsTheyAre) {
  Registry registry;
  std::vector<Registration> registrations;
  const std::vector<double> numbers = strange_numbers();
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    registrations.push_back(
        registry.observe_gauge("gauge" + std::to_string(i), "G.", [value = numbers[i]] { return value; }));
    registrations.push_back(registry.observe_counter("counter" + std::to_string(i), "C.",
                                                     [value = numbers[i]] { return value; }));
  }
  const auto snapshot = registry.snapshot();
  std::string text;
  format::write_prometheus_text(*snapshot, text);
  format::write_openmetrics(*snapshot, text);
  format::write_json(*snapshot, text);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const auto point = snapshot->find("gauge" + std::to_string(i), {});
    EXPECT_EQ(point.has_value(), !std::isnan(numbers[i])) << numbers[i];
    if (point) {
      EXPECT_EQ(to_double(point->number), numbers[i]);
    }
  }
}

}  // namespace
}  // namespace kymo::robustness
