#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include <kymo/core/registry.h>

namespace kymo {
namespace {

using namespace std::chrono_literals;

TEST(Reset, SetsEveryInstrumentToItsBeginning) {
  Registry registry;
  Counter counter = registry.counter("c", "C.");
  DoubleCounter fractions = registry.double_counter("d", "D.");
  UpDownCounter open = registry.up_down_counter("u", "U.");
  Gauge gauge = registry.gauge("g", "G.");
  Histogram histogram = registry.histogram("h", "H.");
  Timing timing = registry.timing("t", "T.");
  Window window = registry.window("w", "W.");
  const auto record = [&](double value) {
    counter.add(3);
    fractions.add(value);
    open.sub(2);
    gauge.set(value);
    histogram.record(value);
    timing.record_seconds(value);
    window.record(value);
  };
  record(8);
  registry.reset();
  EXPECT_EQ(counter.value(), 0U);
  EXPECT_EQ(fractions.value(), 0);
  EXPECT_EQ(open.value(), 0);
  EXPECT_EQ(gauge.value(), 0);
  EXPECT_EQ(gauge.statistics().count, 0U);
  EXPECT_EQ(histogram.value().count(), 0U);
  EXPECT_EQ(timing.value().count(), 0U);
  EXPECT_TRUE(window.value().sorted.empty());
  record(2);
  EXPECT_EQ(counter.value(), 3U);
  EXPECT_EQ(fractions.value(), 2);
  EXPECT_EQ(open.value(), -2);
  EXPECT_EQ(gauge.statistics().max, 2);
  EXPECT_EQ(histogram.value().max(), 2);
  EXPECT_EQ(histogram.value().sum(), 2);
  EXPECT_EQ(timing.value().min(), 2);
  EXPECT_THAT(window.value().sorted, testing::ElementsAre(2));
}

TEST(Reset, HidesASeriesUntilItIsRecordedInto) {
  Registry registry;
  Counter counter = registry.counter("c", "C.");
  Gauge gauge = registry.gauge("g", "G.", {.statistics = GaugeTracking::off});
  counter.add(1);
  gauge.set(1);
  registry.reset();
  EXPECT_EQ(registry.snapshot()->find("c"), nullptr);
  EXPECT_EQ(registry.snapshot()->find("g"), nullptr);
  counter.add(5);
  gauge.set(0);
  ASSERT_TRUE(registry.snapshot()->find("c", {}));
  EXPECT_EQ(registry.snapshot()->find("c", {})->number, Number(std::uint64_t{5}));
  EXPECT_TRUE(registry.snapshot()->find("g", {})) << "0 was set";
}

TEST(Reset, OfCountersLeavesTheRest) {
  Registry registry;
  Counter counter = registry.counter("c", "C.");
  Timing timing = registry.timing("t", "T.");
  counter.add(1);
  timing.record(1s);
  registry.reset_counters();
  EXPECT_EQ(counter.value(), 0U);
  EXPECT_EQ(timing.value().count(), 1U);
}

// What is recorded while somebody resets counts before or after, never twice or not at all.
TEST(Reset, LosesNothingOfThreadsThatRecordMeanwhile) {
  Registry registry;
  auto family = registry.family<Counter, "thread">("c", "C.");
  Histogram histogram = registry.histogram("h", "H.");
  constexpr std::uint64_t kThreads = 3;
  constexpr std::uint64_t kAdds = 100'000;
  std::atomic<std::uint64_t> running{kThreads};
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (std::uint64_t i = 0; i < kAdds; ++i) {
        family.with(t).add(1);
        histogram.record(static_cast<double>(i % 7 + 1));
      }
      running.fetch_sub(1);
    });
  }
  std::uint64_t counted = 0;
  std::uint64_t recorded = 0;
  const auto take = [&] {
    const auto taken = registry.reset();
    if (const FamilySnapshot* found = taken->find("c")) {
      for (std::size_t i = 0; i < found->size(); ++i)
        counted += std::get<std::uint64_t>(found->point(i).number);
    }
    if (const auto point = taken->find("h", {})) {
      recorded += point->histogram->count();
      if (point->histogram->count() == 0) return;
      EXPECT_GE(point->histogram->min(), 0.98);  // a bucket's border, where a reset forgot the value itself
      EXPECT_LE(point->histogram->max(), 7.1);
    }
  };
  while (running.load() > 0) take();
  for (std::thread& thread : threads) thread.join();
  take();
  EXPECT_EQ(counted, kThreads * kAdds);
  EXPECT_EQ(recorded, kThreads * kAdds);
}

}  // namespace
}  // namespace kymo
