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

// Adds up what resets give back.
class Taken final {
 public:
  void add(const Snapshot& snapshot) {
    if (const FamilySnapshot* family = snapshot.find("c")) {
      for (std::size_t i = 0; i < family->size(); ++i)
        counted += std::get<std::uint64_t>(family->point(i).number);
    }
    const auto point = snapshot.find("h", {});
    if (!point || point->histogram->count() == 0) return;  // and no sum: it comes with the count
    recorded += point->histogram->count();
    sum += point->histogram->sum();
    EXPECT_GE(point->histogram->min(), 0.98);  // a bucket's border, where a reset forgot the value itself
    EXPECT_LE(point->histogram->max(), 7.1);
  }

  std::uint64_t counted = 0;
  std::uint64_t recorded = 0;
  double sum = 0;
};

// Threads are born and die while others scrape and reset: what is recorded meanwhile counts before or after,
// never twice or not at all.
TEST(Reset, LosesNothingOfThreadsThatComeAndGo) {
  Registry registry;
  auto family = registry.family<Counter, "lane">("c", "C.");
  Histogram histogram = registry.histogram("h", "H.");
  constexpr std::uint64_t kLanes = 3;
  constexpr std::uint64_t kGenerations = 60;
  constexpr std::uint64_t kAdds = 1000;
  std::atomic<std::uint64_t> running{kLanes};
  std::vector<std::thread> lanes;
  for (std::uint64_t lane = 0; lane < kLanes; ++lane) {
    lanes.emplace_back([&, lane] {
      for (std::uint64_t generation = 0; generation < kGenerations; ++generation) {
        std::thread([&] {
          for (std::uint64_t i = 0; i < kAdds; ++i) {
            family.with(lane).add(1);
            histogram.record(static_cast<double>(i % 7 + 1));
          }
        }).join();
      }
      running.fetch_sub(1);
    });
  }
  std::thread scraper([&] {
    while (running.load() > 0) static_cast<void>(registry.snapshot());
  });
  Taken taken;
  while (running.load() > 0) taken.add(*registry.reset());
  for (std::thread& lane : lanes) lane.join();
  scraper.join();
  taken.add(*registry.reset());
  constexpr std::uint64_t kAll = kLanes * kGenerations * kAdds;
  EXPECT_EQ(taken.counted, kAll);
  EXPECT_EQ(taken.recorded, kAll);
  double expected = 0;
  for (std::uint64_t i = 0; i < kAdds; ++i) expected += static_cast<double>(i % 7 + 1);
  EXPECT_EQ(taken.sum, expected * kLanes * kGenerations);
}

}  // namespace
}  // namespace kymo
