// Nothing that a reader does, or that hangs, holds up a thread that records.

#include <gtest/gtest.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

#include <kymo/core/collector.h>
#include <kymo/core/registry.h>
#include <kymo/core/scoped_timer.h>

#include "tests/robustness/child_process.h"
#include "tests/robustness/effort.h"

namespace kymo::robustness {
namespace {

using namespace std::chrono_literals;

/// Has the scraper wait for its callbacks as long as they take.
RegistryOptions no_deadline() { return {.callback_deadline = 0ms}; }

/// A producer that hangs in its first call as long as this lives, and a scraper that calls it.
class HangingScraper final {
 public:
  explicit HangingScraper(Registry& registry)
      : registration_(registry.add_producer([this](SnapshotWriter& writer) {
          writer.gauge({.name = "hangs", .help = "H."}).add(1);
          if (has_begun_.exchange(true)) return;
          begun_.release();
          go_on_.acquire();
        })),
        thread_([&registry] { (void)registry.snapshot(); }) {
    begun_.acquire();
  }
  HangingScraper(const HangingScraper&) = delete;
  HangingScraper& operator=(const HangingScraper&) = delete;
  ~HangingScraper() {
    go_on_.release();
    thread_.join();
  }

 private:
  std::atomic<bool> has_begun_{false};
  std::binary_semaphore begun_{0};
  std::binary_semaphore go_on_{0};
  Registration registration_;
  std::thread thread_;
};

// All of it while nobody lets the scraper go on: whoever waited for it would wait for ever, and the run's
// time limit would tell.
void expect_nothing_held_up(const RegistryOptions& options) {
  Registry registry(options);
  const auto family = registry.family<Counter, "id">("family", "F.");
  Counter counter = registry.counter("counter", "C.");
  Histogram histogram = registry.histogram("histogram", "H.");
  Gauge gauge = registry.gauge("gauge", "G.");
  const HangingScraper scraper(registry);
  const int times = repetitions(20'000, 2'000);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < times; ++i) {
        counter.add(1), histogram.record(i), gauge.set(i);
        family.with(i % 100).add();
      }
      Counter mine = registry.counter("mine_" + std::to_string(t), "M.");
      mine.add(5);
      const Registration observed =
          registry.observe_gauge("observed_" + std::to_string(t), "O.", [] { return 1.0; });
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(counter.value(), static_cast<std::uint64_t>(4 * times));
  EXPECT_EQ(histogram.value().count(), static_cast<std::uint64_t>(4 * times));
  EXPECT_EQ(registry.series_count(), 3U + 100U + 4U);
}

TEST(NoBlocking, AScraperThatHangsHoldsUpNoRecordLookUpOrRegistration) {
  expect_nothing_held_up(no_deadline());
}

TEST(NoBlocking, ACallbackThatHangsHoldsUpNoRecordLookUpOrRegistration) { expect_nothing_held_up({}); }

TEST(NoBlocking, AThreadThatBeginsOrEndsWaitsForNoScraper) {
  Registry registry(no_deadline());
  Counter counter = registry.counter("counter", "C.");
  const HangingScraper scraper(registry);
  for (int i = 0; i < 200; ++i) std::thread([&] { counter.add(1); }).join();
  EXPECT_EQ(counter.value(), 200U);
}

// A second scraper of the same registry waits for the callback, or its owner gives up; others have no part in
// it.
TEST(NoBlocking, ASnapshotOfAnotherRegistryIsNotHeldUp) {
  Registry hanging(no_deadline());
  Registry other;
  other.counter("counter", "C.").add(3);
  const HangingScraper scraper(hanging);
  EXPECT_EQ(to_double(other.snapshot()->find("counter", {})->number), 3);
}

struct Instruments {
  Registry registry;
  Counter counter = registry.counter("counter", "C.");
  DoubleCounter fractions = registry.double_counter("fractions", "F.");
  UpDownCounter balance = registry.up_down_counter("balance", "B.");
  Histogram histogram = registry.histogram("histogram", "H.");
  Histogram fixed = registry.histogram("fixed", "F.", {.bounds = {1, 10, 100}});
  Timing timing = registry.timing("timing", "T.");
  Window window = registry.window("window", "W.");
  Gauge gauge = registry.gauge("gauge", "G.");
  Gauge plain = registry.gauge("plain", "P.", {.statistics = GaugeTracking::off});

  void record(int i) {
    counter.add(1), counter.add(-1);  // the second is refused, and counted
    fractions.add(0.5);
    balance.add(3), balance.sub();
    histogram.record(i % 1000);
    fixed.record(i % 1000);
    timing.record(std::chrono::microseconds(i % 1000));
    window.record(i);
    gauge.set(i), gauge.add(1), plain.set(i);
  }
};

// In strict mode any system call but read, write and exit kills the process.
[[noreturn]] void record_without_system_calls(Instruments& instruments, int times) {
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0) _exit(77);
  for (int i = 0; i < times; ++i) instruments.record(i);
  syscall(SYS_exit, 0);
  __builtin_unreachable();
}

TEST(NoBlocking, NoRecordMakesASystemCall) {
  if (kThreadSanitizer) GTEST_SKIP() << "which makes system calls of its own";
  Instruments instruments;
  for (int i = 0; i < 2000; ++i) instruments.record(i);  // a first touch may ask for memory
  const int times = repetitions(200'000, 20'000);
  const Ending ending = run_forked([&] { record_without_system_calls(instruments, times); }, 60s);
  if (ending.exit_code == 77) GTEST_SKIP() << "no seccomp here";
  EXPECT_TRUE(ending.fine()) << ending.text() << ": 9 is what a system call brings";
}

// The proof that the test above would notice.
TEST(NoBlocking, ASystemCallWouldBeNoticed) {
  if (kThreadSanitizer) GTEST_SKIP() << "whose own thread goes on";
  const Ending ending = run_forked(
      [] {
        if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0) _exit(77);
        syscall(SYS_getppid);
        syscall(SYS_exit, 0);
      },
      60s);
  if (ending.exit_code == 77) GTEST_SKIP() << "no seccomp here";
  EXPECT_EQ(ending.signal, SIGKILL) << ending.text();
}

// A look-up of a known series may not wait for anybody either, so it has no reason to call the kernel.
TEST(NoBlocking, NoLookUpOfAKnownSeriesMakesASystemCall) {
  if (kSanitized) GTEST_SKIP() << "whose allocators make system calls";
  Registry registry;
  const auto family = registry.family<Counter, "method", "code">("family", "F.");
  Collector metrics(registry);
  const auto look_up = [&](int i) {
    const char* method = i % 2 == 0 ? "GET" : "PUT";
    family.with(method, i % 10).add();
    metrics.increment("by_name", {{"method", method}, {"code", "200"}});
    metrics.gauge("gauge_by_name", i), metrics.timing("timing_by_name", 0.5, {{"method", method}});
  };
  for (int i = 0; i < 2000; ++i) look_up(i);
  const Ending ending = run_forked(
      [&] {
        if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0) _exit(77);
        for (int i = 0; i < 100'000; ++i) look_up(i);
        syscall(SYS_exit, 0);
      },
      60s);
  if (ending.exit_code == 77) GTEST_SKIP() << "no seccomp here";
  EXPECT_TRUE(ending.fine()) << ending.text();
}

}  // namespace
}  // namespace kymo::robustness
