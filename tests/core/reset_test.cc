#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <limits>
#include <thread>
#include <vector>

#include <kymo/core/collector.h>
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
  record(7);
  registry.reset();
  EXPECT_EQ(counter.value(), 0U);
  EXPECT_EQ(fractions.value(), 0);
  EXPECT_EQ(open.value(), -4) << "a level is what it is";
  EXPECT_EQ(gauge.value(), 7) << "a level is what it is";
  EXPECT_EQ(gauge.statistics().count, 1U);
  EXPECT_EQ(gauge.statistics().max, 7) << "but 8 was before";
  EXPECT_EQ(histogram.value().count(), 0U);
  EXPECT_EQ(timing.value().count(), 0U);
  EXPECT_TRUE(window.value().sorted.empty());
  record(2);
  EXPECT_EQ(counter.value(), 3U);
  EXPECT_EQ(fractions.value(), 2);
  EXPECT_EQ(open.value(), -6);
  EXPECT_EQ(gauge.statistics().mean, 4.5);
  EXPECT_EQ(histogram.value().max(), 2);
  EXPECT_EQ(histogram.value().sum(), 2);
  EXPECT_EQ(timing.value().min(), 2);
  EXPECT_THAT(window.value().sorted, testing::ElementsAre(2));
}

TEST(Reset, HidesASeriesUntilItIsRecordedInto) {
  Registry registry;
  Counter counter = registry.counter("c", "C.");
  Timing timing = registry.timing("t", "T.");
  Gauge gauge = registry.gauge("g", "G.", {.statistics = GaugeTracking::off});
  UpDownCounter open = registry.up_down_counter("u", "U.");
  counter.add(1);
  timing.record(1s);
  gauge.set(1);
  open.add(2);
  registry.reset();
  EXPECT_EQ(registry.snapshot()->find("c"), nullptr);
  EXPECT_EQ(registry.snapshot()->find("t"), nullptr);
  EXPECT_EQ(registry.snapshot()->find("g", {})->number, Number(1.0)) << "a level stays";
  EXPECT_EQ(registry.snapshot()->find("u", {})->number, Number(std::int64_t{2})) << "a level stays";
  counter.add(5);
  timing.record(2s);
  ASSERT_TRUE(registry.snapshot()->find("c", {}));
  EXPECT_EQ(registry.snapshot()->find("c", {})->number, Number(std::uint64_t{5}));
  EXPECT_EQ(registry.snapshot()->find("t", {})->histogram->count(), 1U);
}

TEST(Reset, OfCountersLeavesThemAtZeroAndTheRestAsItIs) {
  Registry registry;
  Counter counter = registry.counter("c", "C.");
  DoubleCounter fractions = registry.double_counter("d", "D.");
  UpDownCounter open = registry.up_down_counter("u", "U.");
  Timing timing = registry.timing("t", "T.");
  counter.add(3);
  fractions.add(0.5);
  open.add(2);
  timing.record(1s);
  const auto before = registry.snapshot();
  const auto taken = registry.reset_counters();
  EXPECT_EQ(taken->find("c", {})->number, Number(std::uint64_t{3}));
  EXPECT_EQ(taken->find("t"), nullptr);
  const auto after = registry.snapshot();
  EXPECT_EQ(after->find("c", {})->number, Number(std::uint64_t{0}));
  EXPECT_EQ(after->find("d", {})->number, Number(0.0));
  EXPECT_EQ(after->find("u", {})->number, Number(std::int64_t{2}));
  EXPECT_EQ(timing.value().count(), 1U);
  open.sub(2);
  EXPECT_EQ(open.value(), 0);
  registry.reset();
  registry.reset_counters();
  EXPECT_EQ(registry.snapshot()->find("c"), nullptr) << "nothing was recorded since all was reset";
  counter.add(1);
  registry.reset_counters();
  EXPECT_EQ(registry.snapshot()->find("c", {})->number, Number(std::uint64_t{0}));
}

TEST(Reset, MovesWhenASeriesWasCreated) {
  Registry registry;
  Counter counter = registry.counter("c", "C.");
  Timing timing = registry.timing("t", "T.");
  Window window = registry.window("w", "W.");
  counter.add(1);
  timing.record(1s);
  const auto before = registry.snapshot();
  const auto created = [](const Snapshot& snapshot, std::string_view name) {
    return snapshot.find(name, {})->created;
  };
  const auto first = created(*before, "c");
  const auto taken = registry.reset_counters();
  const auto after = registry.snapshot();
  EXPECT_GT(created(*after, "c"), first);
  EXPECT_GE(created(*after, "c"), taken->time);
  EXPECT_LE(created(*after, "c"), after->time);
  EXPECT_EQ(created(*taken, "c"), first) << "what was taken began before";
  EXPECT_EQ(created(*before, "c"), first) << "an earlier Snapshot keeps what it saw";
  EXPECT_EQ(created(*after, "t"), created(*before, "t")) << "a timing was not reset";
  registry.reset();
  timing.record(1s), window.record(1), counter.add();
  for (const char* name : {"c", "t", "w"}) {
    EXPECT_GT(created(*registry.snapshot(), name), created(*after, "c")) << name;
  }
}

TEST(Reset, OfATimingIsExactToTheNanosecond) {
  for (const double before : {0.1, 1e7, 5e9}) {
    Registry registry;
    Timing timing = registry.timing("t", "T.");
    timing.record_seconds(before);
    registry.reset();
    EXPECT_EQ(timing.value().sum(), 0);
    timing.record_seconds(0.2);
    EXPECT_EQ(timing.value().sum(), 0.2) << before;
    EXPECT_EQ(registry.snapshot()->find("t", {})->histogram->sum(), 0.2) << before;
    EXPECT_EQ(timing.recent().total_sum, 0.2) << before;
    EXPECT_EQ(registry.reset()->find("t", {})->histogram->sum(), 0.2) << before;
  }
}

TEST(Reset, OfASumTakesNoRoundingAlong) {
  for (const double before : {0.1, 0.7, 1e3, 12345.678}) {
    Registry registry;
    DoubleCounter counter = registry.double_counter("d", "D.");
    Histogram histogram = registry.histogram("h", "H.");
    Histogram bounded = registry.histogram("b", "B.", {.bounds = {1, 2}});
    Window window = registry.window("w", "W.");
    const auto record = [&](double value) {
      counter.add(value), window.record(value);
      histogram.record(value), bounded.record(value);
    };
    record(before);
    registry.reset();
    record(0.2);
    EXPECT_EQ(counter.value(), 0.2) << before;
    EXPECT_EQ(histogram.value().sum(), 0.2) << before;
    EXPECT_EQ(bounded.value().sum(), 0.2) << before;
    EXPECT_EQ(window.value().total_sum, 0.2) << before;
    record(0.6);
    const auto taken = registry.reset();
    EXPECT_EQ(to_double(taken->find("d", {})->number), 0.8) << before;
    EXPECT_EQ(taken->find("h", {})->histogram->sum(), 0.8) << before;
  }
}

TEST(Reset, OfAGaugesMeanTakesNoRoundingAlong) {
  Registry registry;
  Gauge gauge = registry.gauge("g", "G.");
  for (const double value : {0.7, 0.1, 0.2}) gauge.set(value);
  registry.reset();
  gauge.set(0.4);
  EXPECT_EQ(gauge.statistics().mean, 0.3) << "of the 0.2 that it held, and 0.4";
}

TEST(Reset, OfACounterLetsItNeverFall) {
  for (const double before : {0.1, 0.24, 1.0 / 3, 63.99999, 7e15, 1e300}) {
    Registry registry;
    DoubleCounter counter = registry.double_counter("d", "D.");
    counter.add(before);
    registry.reset();
    double sum = before;
    double last = 0;
    for (int step = 0; step < 3000; ++step) {
      // By one unit in the last place, then in longer steps, over a power of two.
      const double next =
          std::nextafter(sum, std::numeric_limits<double>::infinity()) + (step > 1000 ? sum / 700 : 0);
      counter.add(next - sum);
      sum = next;
      ASSERT_GE(counter.value(), last) << before << " + " << sum - before;
      last = counter.value();
    }
  }
}

TEST(Reset, OfACollectorHidesNamesAndKeepsLevels) {
  Registry registry;
  Collector metrics(registry);
  const auto record = [&] {
    metrics.increment("c"), metrics.gauge("g", 1), metrics.timing("t", 1s);
    metrics.increment("open", 2), metrics.decrement("open", 0);
  };
  record();
  metrics.reset();
  for (const char* name : {"c", "g", "t", "open"}) {
    EXPECT_EQ(registry.snapshot()->find(name), nullptr) << name;
  }
  EXPECT_EQ(metrics.get_counter("c"), std::nullopt);
  EXPECT_EQ(metrics.get_counter("open"), std::nullopt);
  EXPECT_FALSE(metrics.get_gauge("g"));
  EXPECT_FALSE(metrics.get_timing("t"));
  metrics.decrement("open");
  EXPECT_EQ(metrics.get_counter("open"), 1);
  metrics.decrement("open");
  EXPECT_EQ(metrics.get_counter("open"), 0) << "closed again, and recorded since";
  EXPECT_TRUE(registry.snapshot()->find("open", {}));
  metrics.increment("c", 0);
  EXPECT_EQ(metrics.get_counter("c"), 0) << "recorded again";
  metrics.reset_counters();
  EXPECT_EQ(metrics.get_counter("c"), 0);
  EXPECT_TRUE(registry.snapshot()->find("c", {}));
}

TEST(Reset, OfALevelThatWasNotYetKnownToBeOneIsTakenBack) {
  for (const bool only_counters : {true, false}) {
    Registry registry;
    Collector metrics(registry);
    metrics.increment("clients", 2);
    only_counters ? metrics.reset_counters() : metrics.reset();
    metrics.decrement("clients");
    metrics.decrement("clients");
    EXPECT_EQ(metrics.get_counter("clients"), 0);
    EXPECT_EQ(registry.snapshot()->find("clients", {})->number, Number(std::int64_t{0}));
  }
}

// A second reset gives the same as a Snapshot before it would have shown.
TEST(Reset, GivesNoLevelThatAResetBeforeHasHidden) {
  Registry registry;
  Collector metrics(registry);
  metrics.increment("open", 3), metrics.decrement("open"), metrics.gauge("g", 1);
  EXPECT_TRUE(registry.reset()->find("open", {}));
  EXPECT_EQ(registry.snapshot()->find("open"), nullptr);
  const auto second = registry.reset();
  EXPECT_EQ(second->find("open"), nullptr);
  EXPECT_EQ(second->find("g"), nullptr);
  metrics.decrement("open");
  EXPECT_EQ(registry.reset()->find("open", {})->number, Number(std::int64_t{1}));
}

TEST(Reset, OfAGaugeLeavesNoOldValueForOneThatOnlyGetsNaN) {
  Registry registry;
  Collector metrics(registry);
  metrics.gauge("g", 5);
  metrics.reset();
  metrics.gauge("g", std::nan(""));
  EXPECT_TRUE(std::isnan(to_double(registry.snapshot()->find("g", {})->number)));
  metrics.gauge("g", 6), metrics.gauge("g", std::nan(""));
  EXPECT_EQ(to_double(registry.snapshot()->find("g", {})->number), 6) << "refused, and the value stays";
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
