// Threads are born and die, register, look up and drop, while others take Snapshots: every count arrives.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <latch>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <kymo/core/registry.h>

#include "tests/robustness/effort.h"

namespace kymo::robustness {
namespace {

using namespace std::chrono_literals;

/// Takes Snapshots, one after the other, as long as it lives.
class Scraper final {
 public:
  using Look = std::function<void(const Snapshot&)>;

  explicit Scraper(
      Registry& registry, Look look = [](const Snapshot&) {})
      : thread_([this, &registry, look = std::move(look)] {
          while (!stop_) look(*registry.snapshot());
        }) {}
  Scraper(const Scraper&) = delete;
  Scraper& operator=(const Scraper&) = delete;
  ~Scraper() {
    stop_ = true;
    thread_.join();
  }

 private:
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

// So many threads one after the other in each of so many lanes.
void run_generations(int lanes, int generations, const std::function<void(int lane, int generation)>& life) {
  std::vector<std::thread> runners;
  for (int lane = 0; lane < lanes; ++lane) {
    runners.emplace_back([=] {
      for (int g = 0; g < generations; ++g) std::thread(life, lane, g).join();
    });
  }
  for (auto& runner : runners) runner.join();
}

std::size_t size_of(const Snapshot& snapshot, std::string_view name) {
  const FamilySnapshot* family = snapshot.find(name);
  return family == nullptr ? 0 : family->size();  // a family without a series is left out
}

double total(const FamilySnapshot& family) {
  double sum = 0;
  for (std::size_t i = 0; i < family.size(); ++i) sum += to_double(family.point(i).number);
  return sum;
}

TEST(Stress, ThreadsThatComeAndGoLoseNothingAndScrapesNeverGoBack) {
  constexpr int kLanes = 8;
  const int generations = repetitions(400, 60);
  Registry registry;
  Counter counter = registry.counter("counter", "C.");
  Histogram histogram = registry.histogram("histogram", "H.");
  Timing timing = registry.timing("timing", "T.");
  const auto family = registry.family<Counter, "lane", "slot">("family", "F.");
  {
    std::uint64_t last = 0;
    const Scraper in_order(registry, [&last](const Snapshot& snapshot) {
      const std::uint64_t now = std::get<std::uint64_t>(snapshot.find("counter", {})->number);
      EXPECT_GE(now, last);
      last = now;
    });
    const Scraper another(registry);
    run_generations(kLanes, generations, [&](int lane, int generation) {
      for (int i = 0; i < 50; ++i) {
        counter.add(1);
        histogram.record(i);
        timing.record(std::chrono::microseconds(i));
        family.with(lane, (generation + i) % 20).add();
      }
    });
  }
  const auto records = static_cast<std::uint64_t>(kLanes * generations * 50);
  EXPECT_EQ(counter.value(), records);
  EXPECT_EQ(histogram.value().count(), records);
  EXPECT_EQ(histogram.value().sum(), static_cast<double>(records) * 24.5);
  EXPECT_EQ(timing.value().count(), records);
  const auto snapshot = registry.snapshot();
  EXPECT_EQ(total(*snapshot->find("family")), static_cast<double>(records));
  EXPECT_EQ(snapshot->find("family")->size(), kLanes * 20U);
}

TEST(Stress, SeriesThatAreMadeAndDroppedBeginAtZeroAndKeepTheirOwnCounts) {
  Registry shared;
  const Scraper scraper(shared);
  std::atomic<int> wrong{0};
  run_generations(8, repetitions(150, 30), [&](int lane, int generation) {
    Registry own;
    const auto family = own.family<Histogram, "id">("histogram", "H.");
    std::vector<Histogram> histograms;
    for (int i = 0; i < 10; ++i) histograms.push_back(family.with(i));
    for (int i = 0; i < 10; ++i) {
      for (int n = 0; n <= i; ++n) histograms[static_cast<std::size_t>(i)].record(lane + 1);
    }
    for (int i = 0; i < 10; ++i) {
      const HistogramValue value = histograms[static_cast<std::size_t>(i)].value();
      if (value.count() != static_cast<std::uint64_t>(i + 1) || value.max() != lane + 1) ++wrong;
    }
    Counter counter = shared.counter("lane" + std::to_string(lane) + "_" + std::to_string(generation), "C.");
    counter.add(generation);
    if (counter.value() != static_cast<std::uint64_t>(generation)) ++wrong;
  });
  EXPECT_EQ(wrong, 0);
}

// bvar's combiner was once used by a thread that ended while it was destroyed.
TEST(Stress, SeriesMayGoWhileManyThreadsEnd) {
  constexpr int kThreads = 64;
  for (int round = 0; round < repetitions(20, 4); ++round) {
    auto registry = std::make_unique<Registry>();
    const auto family = registry->family<Histogram, "id">("family", "F.");
    std::latch recorded(kThreads);
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, id = t % 8, last = family.with(t % 8)]() mutable {
        family.with(id).record(1);
        recorded.arrive_and_wait();  // so that all end at the same time
        last.record(1);
      });
    }
    recorded.wait();
    for (int i = 0; i < 20; ++i) Registry().counter("c", "C.").add();
    registry.reset();
    for (auto& thread : threads) thread.join();
    std::uint64_t count = 0;
    for (int id = 0; id < 8; ++id) count += family.with(id).value().count();
    EXPECT_EQ(count, 2U * kThreads);
  }
}

TEST(Stress, AWholeRegistryMayGoWhileItsHandlesRecord) {
  for (int round = 0; round < repetitions(100, 20); ++round) {
    auto registry = std::make_unique<Registry>();
    Counter counter = registry->counter("counter", "C.");
    Gauge gauge = registry->gauge("gauge", "G.");
    Histogram fixed = registry->histogram("fixed", "F.", {.bounds = {1, 2, 3}});
    const auto family = registry->family<Counter, "id">("family", "F.");
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([=]() mutable {
        for (int i = 0; i < 200; ++i) {
          counter.add(1), gauge.set(i), fixed.record(i % 5);
          family.with(i % 7).add();
        }
      });
    }
    (void)registry->snapshot();
    registry.reset();
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(counter.value(), 800U);
    EXPECT_EQ(fixed.value().count(), 800U);
  }
}

TEST(Stress, TheLimitHoldsWhenAllRunAgainstItAtOnce) {
  constexpr std::size_t kLimit = 50;
  Registry registry({.max_series = 80});
  const auto a = registry.family<Counter, "id">("a", "A.", {.series = {.max_series = kLimit}});
  const auto b = registry.family<Counter, "id">("b", "B.", {.series = {.max_series = kLimit}});
  const int times = repetitions(2000, 300);
  {
    const Scraper scraper(registry, [](const Snapshot& snapshot) {
      EXPECT_LE(size_of(snapshot, "a") + size_of(snapshot, "b"), 82U);
    });
    run_generations(4, 2, [&](int lane, int generation) {
      for (int i = 0; i < times; ++i) {
        a.with(lane * 1000 + generation * 500 + i % 500).add();
        b.with(i % 300).add();
      }
    });
  }
  const auto snapshot = registry.snapshot();
  EXPECT_LE(registry.series_count(), 80U);
  EXPECT_EQ(total(*snapshot->find("a")), 8.0 * times);
  EXPECT_EQ(total(*snapshot->find("b")), 8.0 * times);
  EXPECT_LE(snapshot->find("a")->size(), kLimit + 1);
}

// An idle series is taken away while somebody may just be looking it up. What he then records must show in a
// scrape before the series is gone: what a scraper saw last of each life of the series adds up to all.
TEST(Stress, ExpiryTakesNoCountThatNoScrapeSaw) {
  constexpr int kSeries = 20;
  Registry registry({.max_series_per_family = 10'000});
  const auto family = registry.family<Counter, "id">(
      "family", "F.", {.series = {.expire_after = std::chrono::milliseconds(1)}});
  // Many that stay, so that a Snapshot takes its time between the first series and the end.
  std::vector<Counter> held;
  for (int i = 0; i < 5000; ++i) held.push_back(family.with("held" + std::to_string(i)));
  std::map<std::pair<std::string, std::chrono::system_clock::time_point>, double> seen;
  const auto look = [&seen](const Snapshot& snapshot) {
    const FamilySnapshot* found = snapshot.find("family");
    for (std::size_t i = 0; i < found->size(); ++i) {
      const Point point = found->point(i);
      if (point.labels.text().starts_with("id=\"held")) continue;
      seen[{std::string(point.labels.text()), point.created}] = to_double(point.number);
    }
  };
  std::atomic<std::uint64_t> recorded{0};
  {
    const Scraper scraper(registry, look);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        std::minstd_rand random(static_cast<unsigned>(t) + 1);
        const auto end = std::chrono::steady_clock::now() + 1000ms * repetitions(1, 1);
        while (std::chrono::steady_clock::now() < end) {
          family.with(random() % kSeries).add();
          ++recorded;
          std::this_thread::sleep_for(std::chrono::microseconds(random() % 400));
        }
      });
    }
    for (auto& thread : threads) thread.join();
  }
  look(*registry.snapshot());
  double sum = 0;
  for (const auto& [life, last] : seen) sum += last;
  EXPECT_EQ(sum, static_cast<double>(recorded))
      << "in " << seen.size() << " lives of " << kSeries << " series";
}

TEST(Stress, AHandleKeepsItsSeriesFromExpiring) {
  Registry registry;
  const auto family = registry.family<Counter, "id">(
      "family", "F.", {.series = {.expire_after = std::chrono::milliseconds(1)}});
  const Scraper scraper(registry);
  std::atomic<int> wrong{0};
  run_generations(4, repetitions(30, 10), [&](int lane, int generation) {
    // One that only this thread has, and one that comes and goes under the others' hands.
    Counter held = family.with(lane * 1000 + generation);
    for (int i = 0; i < 20; ++i) {
      held.add(1);
      family.with("shared").add();
      std::this_thread::sleep_for(100us);
    }
    if (held.value() != 20 || family.with(lane * 1000 + generation).value() != 20) ++wrong;
  });
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace kymo::robustness
