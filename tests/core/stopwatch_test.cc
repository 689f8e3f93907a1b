#include <kymo/core/stopwatch.h>

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include <kymo/core/registry.h>
#include <kymo/core/scoped_timer.h>

namespace kymo {
namespace {

using namespace std::chrono_literals;

// Both clocks are read at nearly the same moments, so the lengths must agree whatever the machine is doing in
// between.
void expect_agreement() {
  for (int i = 0; i < 5; ++i) {
    const auto outer_begin = std::chrono::steady_clock::now();
    const Stopwatch watch;
    const auto inner_begin = std::chrono::steady_clock::now();
    std::this_thread::sleep_for(20ms);
    const auto inner_end = std::chrono::steady_clock::now();
    const auto measured = watch.elapsed();
    const auto outer_end = std::chrono::steady_clock::now();
    EXPECT_GE(measured, (inner_end - inner_begin) * 0.995);
    EXPECT_LE(measured, (outer_end - outer_begin) * 1.005);
  }
}

TEST(Stopwatch, AgreesWithTheMonotonicClockBeforeAndAfterItIsMeasured) {
  expect_agreement();
  Registry registry;
  std::this_thread::sleep_for(30ms);
  static_cast<void>(registry.snapshot());
  expect_agreement();
}

// A Stopwatch that was started on one clock ends on the same.
TEST(Stopwatch, KeepsItsClockWhenTheCounterIsGivenUp) {
  const std::uint64_t scale = ticks::nanoseconds_per_tick.load();
  const Stopwatch watch;
  ticks::nanoseconds_per_tick.store(scale == 0 ? 1 : 0);
  // By the clock, which may have a coarse step, and not by the time that was slept.
  const auto begin = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() - begin < 5ms) std::this_thread::sleep_for(1ms);
  EXPECT_GE(watch.elapsed(), 4ms);
  EXPECT_LE(watch.elapsed(), 10s);
  ticks::nanoseconds_per_tick.store(scale);
}

TEST(ScopedTimer, RecordsOnceAndNothingWhenCancelledOrOff) {
  Registry registry;
  Timing timing = registry.timing("t", "T.");
  {
    ScopedTimer timer(timing);
    EXPECT_GE(timer.stop(), 0ns);
    EXPECT_EQ(timer.stop(), 0ns);
  }
  {
    ScopedTimer timer(timing);
    timer.cancel();
  }
  set_recording(false);
  {
    const ScopedTimer timer(timing);
  }
  set_recording(true);
  EXPECT_EQ(timing.value().count(), 1U);
}

}  // namespace
}  // namespace kymo
