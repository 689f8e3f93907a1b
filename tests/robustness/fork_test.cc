// A process forks while its threads record: the child records, scrapes and exits, and the parent notices
// nothing.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <kymo/core/collector.h>
#include <kymo/core/registry.h>
#include <kymo/packs/events.h>

#include "tests/robustness/child_process.h"
#include "tests/robustness/effort.h"

namespace kymo::robustness {
namespace {

using namespace std::chrono_literals;

constexpr int kThreads = 8;
constexpr auto kPatience = 5s * (kSanitized ? 4 : 1);

/// Threads that record as long as this lives.
class Busy final {
 public:
  explicit Busy(const std::function<void(int thread)>& step) {
    for (int t = 0; t < kThreads; ++t) {
      threads_.emplace_back([this, t, step] {
        while (!stop_) {
          step(t);
          // Two cores are enough for eight threads and a hundred forks.
          std::this_thread::sleep_for(50us);
        }
      });
    }
  }
  Busy(const Busy&) = delete;
  Busy& operator=(const Busy&) = delete;
  ~Busy() { stop(); }

  void stop() {
    stop_ = true;
    for (auto& thread : threads_) thread.join();
    threads_.clear();
  }

 private:
  std::atomic<bool> stop_{false};
  std::vector<std::thread> threads_;
};

std::uint64_t exported(Registry& registry, std::string_view name) {
  const auto point = registry.snapshot()->find(name, {});
  return point ? std::get<std::uint64_t>(point->number) : 0;
}

TEST(Fork, LeavesTheParentsCountsExact) {
  Registry registry;
  Counter counter = registry.counter("counter", "C.");
  Histogram histogram = registry.histogram("histogram", "H.");
  std::atomic<std::uint64_t> added{0};
  Busy busy([&](int) {
    for (int i = 0; i < 10; ++i) counter.add(1), histogram.record(i);
    added += 10;
  });
  const int forks = repetitions(200, 20);
  for (int i = 0; i < forks; ++i) {
    const Ending ending = run_forked(
        [&] {
          for (int n = 0; n < 1000; ++n) counter.add(1), histogram.record(1);
        },
        kPatience);
    ASSERT_TRUE(ending.fine()) << "fork " << i << ": " << ending.text();
  }
  busy.stop();
  EXPECT_EQ(counter.value(), added) << "nothing of the children is among them";
  EXPECT_EQ(histogram.value().count(), added);
}

// A lock of its allocator stays locked in a child when a thread of the parent was just allocating.
#define KYMO_SKIP_UNDER_ADDRESS_SANITIZER() \
  if (kAddressSanitizer) GTEST_SKIP() << "whose allocator does not survive a fork beside other threads"

// The same, and the child scrapes; the parent's threads hold only handles.
TEST(Fork, LetsTheChildScrapeWhileTheParentsThreadsRecord) {
  KYMO_SKIP_UNDER_ADDRESS_SANITIZER();
  Registry registry;
  Counter counter = registry.counter("counter", "C.");
  Gauge gauge = registry.gauge("gauge", "G.");
  Timing timing = registry.timing("timing", "T.");
  const Busy busy([&](int thread) { counter.add(1), gauge.set(thread), timing.record(1us); });
  const int forks = repetitions(200, 20);
  for (int i = 0; i < forks; ++i) {
    const Ending ending = run_forked(
        [&] {
          const std::uint64_t before = exported(registry, "counter");
          counter.add(7), gauge.set(3), timing.record(1s);
          if (exported(registry, "counter") != before + 7) _exit(4);
        },
        kPatience);
    ASSERT_TRUE(ending.fine()) << "fork " << i << ": " << ending.text();
  }
}

// Any of the library's locks may be held by another thread at the instant of the fork.
TEST(Fork, LetsTheChildRegisterLookUpAndScrapeWhateverTheParentsThreadsDo) {
  KYMO_SKIP_UNDER_ADDRESS_SANITIZER();
  Registry registry;
  const auto family = registry.family<Counter, "id">(
      "family", "F.", {.series = {.expire_after = std::chrono::milliseconds(1)}});
  std::atomic<int> names{0};
  const Busy busy([&](int thread) {
    family.with(thread * 100 + names.fetch_add(1) % 100).add();
    if (thread == 0) (void)registry.snapshot();
    if (thread == 1) Registry().histogram("h", "H.").record(1);
    if (thread == 2) Registry().counter("c", "C.").add();
  });
  const int forks = repetitions(200, 20);
  for (int i = 0; i < forks; ++i) {
    const Ending ending = run_forked(
        [&] {
          Counter counter = registry.counter("of_the_child", "C.");
          Registry().histogram("h", "H.").record(1);
          family.with("child").add(2);
          counter.add(3);
          if (exported(registry, "of_the_child") != 3) _exit(4);
        },
        kPatience);
    ASSERT_TRUE(ending.fine()) << "fork " << i << ": " << ending.text();
  }
}

// Events are handled and names are used for the first time while the process forks: the child does so, too.
TEST(Fork, LetsTheChildRecordByNameAndHandleEvents) {
  KYMO_SKIP_UNDER_ADDRESS_SANITIZER();
  Registry registry;
  Collector metrics(registry);
  packs::EventMetrics events(registry, {.max_types = 10'000});
  std::atomic<int> names{0};
  const Busy busy([&](int thread) {
    const std::string name = "n" + std::to_string(names.fetch_add(1) % 5000);
    metrics.increment(name, {{"thread", std::to_string(thread)}});
    for (int i = 0; i < 100; ++i) (void)events.handle(name);
  });
  const int forks = repetitions(200, 20);
  for (int i = 0; i < forks; ++i) {
    const Ending ending = run_forked(
        [&] {
          (void)events.handle("of_the_child");
          (void)events.handle("n1");
          metrics.increment("of_the_child", 3);
          if (metrics.get_counter("of_the_child") != 3) _exit(4);
        },
        kPatience);
    ASSERT_TRUE(ending.fine()) << "fork " << i << ": " << ending.text();
  }
}

// Both would export the same counts, and a sum over processes would have them twice.
TEST(Fork, StartsTheChildsCountsFromZero) {
  Registry registry;
  Counter counter = registry.counter("counter", "C.");
  DoubleCounter fractions = registry.double_counter("fractions", "F.");
  Histogram histogram = registry.histogram("histogram", "H.");
  Timing timing = registry.timing("timing", "T.");
  const auto record = [&](int times) {
    for (int i = 0; i < times; ++i) {
      counter.add(1), fractions.add(0.5), histogram.record(2), timing.record(1s);
    }
  };
  record(100);
  std::thread(record, 100).join();
  const Ending ending = run_forked(
      [&] {
        if (counter.value() != 0 || fractions.value() != 0) _exit(4);
        if (histogram.value().count() != 0 || timing.value().count() != 0) _exit(5);
        record(3);
        if (counter.value() != 3 || fractions.value() != 1.5) _exit(6);
        if (histogram.value().count() != 3 || histogram.value().max() != 2) _exit(7);
        if (timing.value().sum() != 3 || exported(registry, "counter") != 3) _exit(8);
      },
      kPatience);
  EXPECT_TRUE(ending.fine()) << ending.text();
  EXPECT_EQ(counter.value(), 200U);
  EXPECT_EQ(histogram.value().count(), 200U);
}

// A reset of the parent's counts takes nothing off the child's, whichever call reads them first.
TEST(Fork, StartsTheChildsCountsFromZeroAfterAReset) {
  Registry registry;
  Collector metrics(registry);
  Counter counter = registry.counter("counter", "C.");
  DoubleCounter fractions = registry.double_counter("fractions", "F.");
  Histogram histogram = registry.histogram("histogram", "H.", {.bounds = {1, 4}});
  Timing timing = registry.timing("timing", "T.");
  Window window = registry.window("window", "W.");
  const auto record = [&](int times) {
    for (int i = 0; i < times; ++i) {
      counter.add(1), fractions.add(0.5), histogram.record(2), timing.record(1s), window.record(i);
    }
  };
  record(100);
  registry.reset();
  record(50);
  const Ending ending = run_forked(
      [&] {
        if (counter.value() != 0 || metrics.get_counter("counter").value_or(0) != 0) _exit(4);
        if (fractions.value() != 0 || window.value().total_sum != 0) _exit(5);
        record(3);
        if (counter.value() != 3 || metrics.get_counter("counter") != 3 || fractions.value() != 1.5) _exit(6);
        if (histogram.value().count() != 3 || histogram.value().sum() != 6) _exit(7);
        if (timing.value().count() != 3 || timing.value().sum() != 3) _exit(8);
        if (exported(registry, "counter") != 3 || counter.value() != 3) _exit(9);
        registry.reset();
        record(1);
        if (counter.value() != 1 || histogram.value().count() != 1) _exit(10);
      },
      kPatience);
  EXPECT_TRUE(ending.fine()) << ending.text();
  EXPECT_EQ(counter.value(), 50U) << "the parent's reset still holds";
}

// The windows hold the child's records before its first Snapshot, and none of the parent's.
TEST(Fork, StartsTheChildsWindowsEmpty) {
  Registry registry;
  Timing timing = registry.timing("timing", "T.", {.recent = 4});
  Window window = registry.window("window", "W.", {.capacity = 4});
  for (int i = 0; i < 6; ++i) timing.record(1s), window.record(1);
  const Ending ending = run_forked(
      [&] {
        if (!window.value().sorted.empty() || !timing.recent().sorted.empty()) _exit(4);
        timing.record(2s), window.record(2);
        if (window.value().sorted != std::vector{2.0} || window.value().total_count != 1) _exit(5);
        if (timing.recent().sorted != std::vector{2.0}) _exit(6);
        const auto snapshot = registry.snapshot();
        if (snapshot->find("window", {})->window->sorted != std::vector{2.0}) _exit(7);
        if (snapshot->find("timing", {})->window->sorted != std::vector{2.0}) _exit(8);
      },
      kPatience);
  EXPECT_TRUE(ending.fine()) << ending.text();
  EXPECT_EQ(window.value().total_count, 6U);
}

// State goes on: the child has the parent's open sessions, too.
TEST(Fork, LeavesTheChildItsGauges) {
  Registry registry;
  Gauge gauge = registry.gauge("gauge", "G.");
  gauge.set(5);
  const Ending ending = run_forked(
      [&] {
        if (gauge.value() != 5) _exit(4);
      },
      kPatience);
  EXPECT_TRUE(ending.fine()) << ending.text();
}

TEST(Fork, OfAForkWorksToo) {
  Registry registry;
  Counter counter = registry.counter("counter", "C.");
  counter.add(1);
  const auto grandchild = [&] {
    const std::uint64_t before = counter.value();
    counter.add(2);
    if (exported(registry, "counter") != before + 2) _exit(5);
  };
  const Ending ending = run_forked(
      [&] {
        const std::uint64_t before = counter.value();
        counter.add(1);
        const Ending inner = run_forked(grandchild, kPatience);
        if (!inner.fine() || counter.value() != before + 1) _exit(6);
      },
      2 * kPatience);
  EXPECT_TRUE(ending.fine()) << ending.text();
  EXPECT_EQ(counter.value(), 1U);
}

// A child may have threads of its own, in the tables that the parent's left.
TEST(Fork, LetsTheChildStartThreads) {
  KYMO_SKIP_UNDER_ADDRESS_SANITIZER();
  if (kThreadSanitizer) GTEST_SKIP() << "which cannot follow threads begun after a fork";
  Registry registry;
  Counter counter = registry.counter("counter", "C.");
  const Busy busy([&](int) { counter.add(1); });
  for (int i = 0; i < repetitions(20, 5); ++i) {
    const Ending ending = run_forked(
        [&] {
          const std::uint64_t before = counter.value();
          std::vector<std::thread> threads;
          for (int t = 0; t < 12; ++t) threads.emplace_back([&] { counter.add(10); });
          for (auto& thread : threads) thread.join();
          if (counter.value() != before + 120) _exit(4);
        },
        kPatience);
    ASSERT_TRUE(ending.fine()) << "fork " << i << ": " << ending.text();
  }
}

}  // namespace
}  // namespace kymo::robustness
