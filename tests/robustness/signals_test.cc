// A timer's signal handler records what the program records, wherever it interrupts it.

#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <kymo/core/collector.h>
#include <kymo/core/registry.h>

#include "tests/robustness/effort.h"

namespace kymo::robustness {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

const auto kDuration = 500ms * repetitions(1, 1);

// Calls a handler 10 000 times a second on the thread that made it, while it lives.
class Interruptions final {
 public:
  explicit Interruptions(void (*handler)(int)) {
    struct sigaction action{};
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    sigaction(SIGUSR1, &action, &before_);
    sigevent event{};
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = SIGUSR1;
    event._sigev_un._tid = static_cast<pid_t>(syscall(SYS_gettid));
    timer_create(CLOCK_MONOTONIC, &event, &timer_);
    constexpr timespec kTenKilohertz{.tv_sec = 0, .tv_nsec = 100'000};
    const itimerspec interval{.it_interval = kTenKilohertz, .it_value = kTenKilohertz};
    timer_settime(timer_, 0, &interval, nullptr);
  }
  Interruptions(const Interruptions&) = delete;
  Interruptions& operator=(const Interruptions&) = delete;
  ~Interruptions() {
    timer_delete(timer_);
    sigaction(SIGUSR1, &before_, nullptr);
  }

 private:
  timer_t timer_{};
  struct sigaction before_{};
};

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
  Gauge sum = registry.gauge("sum", "S.");
  Collector metrics{registry};

  void record(int i) {
    counter.add(1);
    fractions.add(0.5);
    balance.add(3), balance.sub(2);
    histogram.record(1 + i % 16);
    fixed.record(i % 200);
    timing.record(std::chrono::milliseconds(1 + i % 16));
    window.record(i % 16);
    gauge.set(i % 16);
    sum.add(1);
    metrics.increment("by_name", {{"method", "GET"}, {"code", "200"}});
    metrics.timing("timing_by_name", 0.25, {{"method", "GET"}});
  }
};

Instruments* instruments = nullptr;
std::atomic<int> handled{0};
std::atomic<int> errno_changed{0};

void record_in_handler(int /*signal*/) {
  const int saved = errno;
  errno = 4242;
  instruments->record(handled.fetch_add(1, std::memory_order_relaxed));
  if (errno != 4242) errno_changed.fetch_add(1, std::memory_order_relaxed);
  errno = saved;
}

class Signals : public testing::Test {
 protected:
  Signals() {
    instruments = owned_.get();
    handled = 0;
    errno_changed = 0;
    instruments->record(0);  // touched by this thread, as is asked of who records in a handler
  }
  ~Signals() override { instruments = nullptr; }

  // Repeats the step under interruption and tells how many times.
  static std::uint64_t interrupt(const std::function<void(int)>& step) {
    const Interruptions interruptions(record_in_handler);
    const auto deadline = Clock::now() + kDuration;
    int steps = 0;
    while (Clock::now() < deadline) {
      for (int i = 0; i < 100; ++i) step(steps++);
    }
    return static_cast<std::uint64_t>(steps);
  }

  static void expect_records(std::uint64_t records) {
    EXPECT_GT(handled, 20) << "nothing was interrupted, and this test tests nothing";
    EXPECT_EQ(errno_changed, 0);
    const Instruments& all = *instruments;
    const auto expected = static_cast<double>(records);
    EXPECT_EQ(all.counter.value(), records);
    EXPECT_EQ(all.fractions.value(), 0.5 * expected);
    EXPECT_EQ(all.balance.value(), static_cast<std::int64_t>(records));
    EXPECT_EQ(all.histogram.value().count(), records);
    EXPECT_EQ(all.fixed.value().count(), records);
    EXPECT_EQ(all.timing.value().count(), records);
    EXPECT_EQ(all.timing.recent().total_count, records);
    EXPECT_EQ(all.window.value().total_count, records);
    EXPECT_EQ(all.gauge.statistics().count, records);
    EXPECT_EQ(all.metrics.get_counter("by_name", {{"code", "200"}, {"method", "GET"}}),
              static_cast<std::int64_t>(records));
    EXPECT_EQ(all.metrics.get_timing("timing_by_name", {{"method", "GET"}})->count, records);
    EXPECT_EQ(all.sum.value(), expected);
    const auto snapshot = all_of()->snapshot();
    EXPECT_EQ(std::get<std::uint64_t>(snapshot->find("counter", {})->number), records);
  }
  static Registry* all_of() { return &instruments->registry; }
  static std::uint64_t in_handler() { return static_cast<std::uint64_t>(handled.load()); }

 private:
  std::unique_ptr<Instruments> owned_ = std::make_unique<Instruments>();
};

TEST_F(Signals, ThatRecordTheSameSeriesLoseNothing) {
  const std::uint64_t steps = interrupt([](int i) { instruments->record(i); });
  expect_records(1 + steps + in_handler());
}

// Exact sums too: every value is a small whole number.
TEST_F(Signals, KeepSumsExact) {
  (void)interrupt([](int i) { instruments->record(i); });
  const HistogramValue value = instruments->histogram.value();
  double sum = 0;
  for (const auto bucket : value.buckets()) {
    // A bucket's upper border is above a whole number by less than one, or is the number itself.
    sum += static_cast<double>(bucket.count) * std::floor(HistogramValue::upper_border(bucket.index) + 1e-9);
  }
  EXPECT_EQ(value.sum(), sum);
  EXPECT_EQ(value.min(), 1.0);
  EXPECT_EQ(value.max(), 16.0);
}

TEST_F(Signals, MayComeInTheMiddleOfMalloc) {
  std::vector<void*> blocks(64);
  const std::uint64_t steps = interrupt([&](int i) {
    void*& block = blocks[static_cast<std::size_t>(i) % blocks.size()];
    std::free(block);
    block = std::malloc(static_cast<std::size_t>(i % 7) * 5000 + 16);
    instruments->record(i);
  });
  for (void* block : blocks) std::free(block);
  expect_records(1 + steps + in_handler());
}

TEST_F(Signals, MayComeInTheMiddleOfRegistering) {
  std::unique_ptr<Registry> registry;
  std::uint64_t total = 0;
  const std::uint64_t steps = interrupt([&](int i) {
    if (i % 100 == 0) registry = std::make_unique<Registry>();
    const std::string name = "x" + std::to_string(i % 100);
    Counter fresh = registry->counter(name, "X.");
    fresh.add(1);
    total += fresh.value();
    registry->histogram("h" + name, "H.").record(i);
    instruments->record(i);
  });
  EXPECT_EQ(total, steps) << "each began at zero and kept its one";
  expect_records(1 + steps + in_handler());
}

TEST_F(Signals, MayComeInTheMiddleOfLookUpsAndSnapshots) {
  const auto family = all_of()->family<Counter, "id">("family", "F.");
  const std::uint64_t steps = interrupt([&](int i) {
    family.with(i % 500).add();
    if (i % 100 == 0) (void)all_of()->snapshot();
    instruments->record(i);
  });
  const auto snapshot = all_of()->snapshot();
  const FamilySnapshot* found = snapshot->find("family");
  ASSERT_NE(found, nullptr);
  double total = 0;
  for (std::size_t i = 0; i < found->size(); ++i) total += to_double(found->point(i).number);
  EXPECT_EQ(total, static_cast<double>(steps));
  expect_records(1 + steps + in_handler());
}

// Pages of buckets appear as values fall there: also while the handler wants the same ones.
TEST_F(Signals, MayComeInTheMiddleOfAFirstTouch) {
  const std::uint64_t steps = interrupt([](int i) {
    static std::unique_ptr<Registry> registry;
    if (i % 64 == 0) {
      instruments->record(0);
      registry = std::make_unique<Registry>();
      return;
    }
    Histogram spread = registry->histogram("h" + std::to_string(i), "H.");
    for (int octave = 0; octave < 40; ++octave) spread.record(std::ldexp(1.3, octave));
    if (spread.value().count() != 40) throw std::logic_error("a value was lost");
    instruments->record(i);
  });
  expect_records(1 + steps + in_handler());
}

}  // namespace
}  // namespace kymo::robustness
