// Clocks step back, and callers compute durations that cannot be: nothing negative comes out, and it shows.

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <ratio>

#include <kymo/core/registry.h>
#include <kymo/core/scoped_timer.h>

#include "tests/robustness/effort.h"

namespace kymo::robustness {
namespace {

using namespace std::chrono_literals;

double refused(Registry& registry, std::string_view reason) {
  const auto point = registry.snapshot()->find("kymo_recordings_refused_total", {{"reason", reason}});
  return point ? to_double(point->number) : -1;
}

/// A clock that stands at whatever it was set to.
struct SteppingClock {
  using duration = std::chrono::nanoseconds;
  using time_point = std::chrono::time_point<SteppingClock>;
  static inline time_point current{};
  static time_point now() { return current; }
};

TEST(Clock, ThatStepsBackGivesZeroDurationsAndIsCounted) {
  Registry registry;
  Timing timing = registry.timing("timing", "T.");
  const double before = refused(registry, "negative");
  SteppingClock::current = SteppingClock::time_point(1h);
  const auto begin = SteppingClock::now();
  for (const auto step : {-1ns, -1000000ns, -3600'000'000'000ns}) {
    SteppingClock::current = begin + step;
    timing.record(SteppingClock::now() - begin);
  }
  SteppingClock::current = begin + 2s;
  timing.record(SteppingClock::now() - begin);

  const HistogramValue value = timing.value();
  EXPECT_EQ(value.count(), 4U);
  EXPECT_EQ(value.zero_count(), 3U);
  EXPECT_EQ(value.sum(), 2.0);
  EXPECT_EQ(value.min(), 0.0);
  EXPECT_EQ(value.max(), 2.0);
  EXPECT_GE(value.quantile(0), 0.0);
  EXPECT_GE(timing.recent().sorted.front(), 0.0);
  EXPECT_EQ(refused(registry, "negative") - before, 3);
}

TEST(Clock, NegativeSecondsAreZeroAndCounted) {
  Registry registry;
  Timing timing = registry.timing("timing", "T.");
  const double before = refused(registry, "negative");
  timing.record_seconds(-0.5);
  timing.record_seconds(-1e300);
  timing.record(std::chrono::duration<double>(-1.5));
  timing.record(-1min);
  timing.record(std::chrono::nanoseconds::min());
  EXPECT_EQ(timing.value().count(), 5U);
  EXPECT_EQ(timing.value().sum(), 0.0);
  EXPECT_EQ(timing.value().min(), 0.0);
  EXPECT_EQ(refused(registry, "negative") - before, 5);
}

TEST(Clock, NegativeAmountsOfAnyInstrumentAreRefusedAndCounted) {
  Registry registry;
  Counter counter = registry.counter("counter", "C.");
  DoubleCounter fractions = registry.double_counter("fractions", "F.");
  Histogram histogram = registry.histogram("histogram", "H.");
  const double before = refused(registry, "negative");
  counter.add(-1);
  counter.add(std::numeric_limits<std::int64_t>::min());
  fractions.add(-0.25);
  histogram.record(-1e-9);
  EXPECT_EQ(counter.value(), 0U);
  EXPECT_EQ(fractions.value(), 0.0);
  EXPECT_EQ(histogram.value().count(), 0U);
  EXPECT_EQ(refused(registry, "negative") - before, 4);
}

TEST(Clock, SecondsThatAreNoNumberAreRefusedAndCounted) {
  Registry registry;
  Timing timing = registry.timing("timing", "T.");
  const double not_numbers = refused(registry, "not_a_number");
  const double infinite = refused(registry, "infinite");
  timing.record_seconds(std::nan(""));
  timing.record_seconds(std::numeric_limits<double>::infinity());
  timing.record_seconds(-std::numeric_limits<double>::infinity());
  EXPECT_EQ(timing.value().count(), 0U);
  EXPECT_EQ(refused(registry, "not_a_number") - not_numbers, 1);
  EXPECT_EQ(refused(registry, "infinite") - infinite, 2);
}

// `seconds::max()` is what many APIs mean by "never"; it is no negative duration.
TEST(Clock, DurationsLongerThanNanosecondsCanTellCountAsLong) {
  Registry registry;
  Timing timing = registry.timing("timing", "T.");
  const double negative = refused(registry, "negative");
  timing.record(std::chrono::seconds::max());
  timing.record(std::chrono::hours::max());
  timing.record(std::chrono::duration<double>(1e300));
  EXPECT_EQ(refused(registry, "negative"), negative);
  EXPECT_EQ(timing.value().count(), 3U);
  EXPECT_GT(timing.value().min(), 9e9) << "some 290 years";
  timing.record(std::chrono::seconds::min());
  EXPECT_EQ(refused(registry, "negative"), negative + 1);
  EXPECT_EQ(timing.value().min(), 0.0);
}

TEST(Clock, FractionsThatAreNoNumberAreRefusedAndCounted) {
  Registry registry;
  Timing timing = registry.timing("timing", "T.");
  const double negative = refused(registry, "negative");
  timing.record(std::chrono::duration<double>(std::nan("")));
  timing.record(std::chrono::duration<double, std::milli>(std::numeric_limits<double>::infinity()));
  EXPECT_EQ(timing.value().count(), 0U) << "as record_seconds has it";
  EXPECT_EQ(refused(registry, "negative"), negative);
}

TEST(Clock, AScopeIsNeverTimedNegative) {
  Registry registry;
  Timing timing = registry.timing("timing", "T.");
  for (int i = 0; i < 10'000; ++i) const ScopedTimer timer(timing);
  EXPECT_EQ(timing.value().count(), 10'000U);
  EXPECT_GE(timing.value().min(), 0.0);
}

}  // namespace
}  // namespace kymo::robustness
