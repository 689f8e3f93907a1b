// Clocks step back, and callers compute durations that cannot be: nothing negative comes out, and it shows.

#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <ctime>
#include <limits>
#include <ratio>
#include <thread>

#include <kymo/core/collector.h>
#include <kymo/core/registry.h>
#include <kymo/core/scoped_timer.h>

#include "tests/robustness/effort.h"

namespace {

constinit std::atomic<std::int64_t> wall_seconds_ahead{0};

}  // namespace

// The C library's, for all of this process: a wall clock that may be set, and others that are as they are.
extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
  const long result = syscall(SYS_clock_gettime, clock, time);
  const bool is_wall = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
  if (result == 0 && is_wall) time->tv_sec += wall_seconds_ahead.load(std::memory_order_relaxed);
  return static_cast<int>(result);
}

namespace kymo::robustness {
namespace {

using namespace std::chrono_literals;

/// Sets the wall clock ahead or back while it lives.
class WallClockStep final {
 public:
  explicit WallClockStep(std::chrono::seconds step) { wall_seconds_ahead = step.count(); }
  WallClockStep(const WallClockStep&) = delete;
  WallClockStep& operator=(const WallClockStep&) = delete;
  ~WallClockStep() { wall_seconds_ahead = 0; }
};

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

// An hour back, a day and ten years ahead, as a machine's clock is set while a program runs.
TEST(Clock, OfTheWallMayBeSetAndNoDurationUptimeOrExpirySeesIt) {
  Registry registry;
  Collector metrics(registry);
  Timing timing = registry.timing("timing", "T.");
  const auto family =
      registry.family<Counter, "id">("family", "F.", {.series = {.expire_after = std::chrono::hours(1)}});
  family.with("kept").add(5);
  auto before = registry.snapshot();
  const double refusals = refused(registry, "negative");
  for (const std::chrono::seconds step : {std::chrono::seconds(-1h), std::chrono::seconds(24h),
                                          std::chrono::seconds(24h) * 3652, std::chrono::seconds(0)}) {
    const auto real = std::chrono::system_clock::now();
    {
      const ScopedTimer scope(timing);
      const auto by_name = metrics.timer("by_name");
      const WallClockStep stepped(step);
      EXPECT_GE(std::chrono::system_clock::now() - real, step)
          << "the clock does not step, and this tests nothing";
      metrics.gauge("gauge", 1);
      const auto snapshot = registry.snapshot();
      EXPECT_GE(snapshot->uptime, before->uptime);
      EXPECT_LT(snapshot->uptime - before->uptime, 1h);
      EXPECT_GE(snapshot->time - real, step - 1s);
      EXPECT_GE(metrics.get_gauge("gauge")->last_update - real, step - 1s);
      ASSERT_TRUE(snapshot->find("family", {{"id", "kept"}})) << "it is not idle for an hour";
      before = snapshot;
    }
    (void)registry.snapshot();
  }
  EXPECT_EQ(timing.value().count(), 4U);
  EXPECT_LT(timing.value().max(), 3600);
  EXPECT_LT(metrics.get_timing("by_name")->max, 3600);
  EXPECT_EQ(refused(registry, "negative"), refusals);
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
