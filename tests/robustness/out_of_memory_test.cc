// Memory runs out, at each place where some is asked for: nothing that records throws, nothing ends the
// process, and what comes later finds everything whole.

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <new>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <kymo/core/collector.h>
#include <kymo/core/registry.h>
#include <kymo/core/snapshot_builder.h>
#include <kymo/packs/events.h>

#include "tests/robustness/effort.h"

namespace {

// Of this thread: a test framework's or sanitizer's other threads are not its concern.
constinit thread_local long until_failure = -1;

bool fails_now() { return until_failure >= 0 && until_failure-- == 0; }

void* obtained(std::size_t bytes) {
  if (!fails_now()) {
    if (void* memory = std::malloc(bytes == 0 ? 1 : bytes)) return memory;
  }
  throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t bytes) { return obtained(bytes); }
void* operator new[](std::size_t bytes) { return obtained(bytes); }
void* operator new(std::size_t bytes, const std::nothrow_t& /*tag*/) noexcept {
  return fails_now() ? nullptr : std::malloc(bytes == 0 ? 1 : bytes);
}
void* operator new[](std::size_t bytes, const std::nothrow_t& /*tag*/) noexcept {
  return fails_now() ? nullptr : std::malloc(bytes == 0 ? 1 : bytes);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*bytes*/) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t /*bytes*/) noexcept { std::free(memory); }

namespace kymo::robustness {
namespace {

using namespace std::chrono_literals;

/// Does it with the n-th allocation failing; false when it asks for fewer.
bool fails_at(long n, const std::function<void()>& step) {
  until_failure = n;
  try {
    step();
  } catch (const std::bad_alloc&) {
    until_failure = -1;
    return true;
  }
  return std::exchange(until_failure, -1) < 0;
}

/// Tries every n until all goes well.
void at_every_allocation(const std::function<bool(long n)>& try_one) {
  long n = 0;
  while (!testing::Test::HasFailure() && try_one(n)) ++n;
  EXPECT_GT(n, 5) << "nothing failed, and this test tests nothing";
}

/// Each series is there once, and as many as the registry counts.
void expect_whole(Registry& registry, long n) {
  const auto snapshot = registry.snapshot();
  std::size_t shown = 0;
  for (const FamilySnapshot& family : snapshot->families) {
    if (family.descriptor().name.starts_with("kymo_")) continue;
    std::set<std::string> labels;
    for (std::size_t i = 0; i < family.size(); ++i) {
      const std::string text(family.point(i).labels.text());
      EXPECT_TRUE(labels.insert(text).second)
          << family.descriptor().name << '{' << text << "} twice, n " << n;
    }
    shown += family.size();
  }
  EXPECT_EQ(registry.series_count(), shown) << n;
}

/// Texts that need memory, made before it runs out.
const std::string& long_id(int i) {
  static const std::vector<std::string> ids = [] {
    std::vector<std::string> made;
    for (int id = 0; id < 40; ++id) made.push_back(std::to_string(id) + std::string(30, 'x'));
    return made;
  }();
  return ids[static_cast<std::size_t>(i)];
}

TEST(OutOfMemory, HidesNoNameOfACollectorForGood) {
  at_every_allocation([](long n) {
    (void)long_id(0);
    Registry registry;
    Collector metrics(registry);
    const auto record = [&] {
      for (int i = 0; i < 20; ++i) metrics.increment("counter", {{"id", long_id(i)}});
      metrics.decrement("balance"), metrics.gauge("gauge", 1), metrics.timing("timing", 1s);
      const auto timer = metrics.timer("timer");
    };
    until_failure = n;
    record();  // throws nothing
    const bool failed = std::exchange(until_failure, -1) < 0;
    record();
    expect_whole(registry, n);
    for (int i = 0; i < 20; ++i) EXPECT_GE(metrics.get_counter("counter", {{"id", long_id(i)}}), 1) << n;
    EXPECT_TRUE(metrics.get_counter("balance")) << n;
    EXPECT_TRUE(metrics.get_gauge("gauge")) << n;
    EXPECT_TRUE(metrics.get_timing("timing") && metrics.get_timing("timer")) << n;
    return failed;
  });
}

template <class Instrument, class Record>
void look_up_at_every_allocation(Record record) {
  at_every_allocation([&](long n) {
    Registry registry;
    const auto family = registry.family<Instrument, "id">("family", "F.");
    const auto look_up = [&] {
      for (int i = 0; i < 40; ++i) record(family.with(long_id(i)));
    };
    const bool failed = fails_at(n, look_up);
    look_up();
    expect_whole(registry, n);
    EXPECT_EQ(registry.series_count(), 40U) << n;
    return failed;
  });
}

TEST(OutOfMemory, LosesNoSeries) {
  look_up_at_every_allocation<Counter>([](Counter counter) { counter.add(); });
  look_up_at_every_allocation<Histogram>([](Histogram histogram) { histogram.record(1); });
  look_up_at_every_allocation<Timing>([](Timing timing) { timing.record(1s); });
  look_up_at_every_allocation<Gauge>([](Gauge gauge) { gauge.set(1); });
}

TEST(OutOfMemory, TakesNoNameThatIsNotRegistered) {
  at_every_allocation([](long n) {
    Registry registry;
    const auto register_all = [&] {
      registry.counter("counter", "C.");
      registry.histogram("histogram", "H.", {.bounds = {1, 2}});
      const Registration observed =
          registry.observe_gauge("observed", "O.", [] { return 1.0; }, {.labels = {{"a", "1"}}});
      (void)registry.snapshot();
    };
    if (!fails_at(n, register_all)) return false;
    for (const auto& again : {
             std::function<void()>([&] { registry.counter("counter", "C."); }),
             std::function<void()>([&] { registry.histogram("histogram", "H.", {.bounds = {1, 2}}); }),
         }) {
      try {
        again();
      } catch (const RegistrationError&) {
        continue;  // it had been, before the failure
      }
    }
    EXPECT_NO_THROW({
      const Registration observed =
          registry.observe_gauge("observed", "O.", [] { return 2.0; }, {.labels = {{"a", "1"}}});
      EXPECT_NE(registry.snapshot()->find("observed"), nullptr);
    }) << n;
    EXPECT_NO_THROW((void)registry.family<Counter>("another", "A.")) << n;
    return true;
  });
}

TEST(OutOfMemory, InASnapshotLetsTheNextExpireWhatIsIdle) {
  at_every_allocation([](long n) {
    Registry registry;
    const auto family = registry.family<Counter, "id">(
        "family", "F.", {.series = {.expire_after = std::chrono::milliseconds(1)}});
    for (int i = 0; i < 20; ++i) family.with(i).add();
    for (int i = 0; i < 2; ++i) (void)registry.snapshot();
    std::this_thread::sleep_for(2ms);
    const bool failed = fails_at(n, [&] { (void)registry.snapshot(); });
    for (int i = 0; i < 20; ++i) family.with(i).add();
    expect_whole(registry, n);
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (registry.series_count() != 0 && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(1ms);
      (void)registry.snapshot();
    }
    EXPECT_EQ(registry.series_count(), 0U) << n;
    return failed;
  });
}

TEST(OutOfMemory, InAHandlerOfEventsLeavesThemWhole) {
  at_every_allocation([](long n) {
    Registry registry;
    packs::EventMetrics events(registry, {.max_types = 8});
    const auto handle = [&] {
      for (int i = 0; i < 10; ++i) {
        auto event = events.handle(long_id(i));
        if (i % 2 == 0) event.fail("timeout");
      }
    };
    const bool failed = fails_at(n, handle);
    handle();
    const auto snapshot = registry.snapshot();
    EXPECT_EQ(snapshot->find("events.received.by_type")->size(), 9U) << n;
    return failed;
  });
}

// The producer swallows what goes wrong, as a user's callback may, and goes on with the next series.
TEST(OutOfMemory, WritesARowOfAProducerWholeOrNotAtAll) {
  at_every_allocation([](long n) {
    SnapshotBuilder builder;
    HistogramValue histogram;
    histogram.add_bucket(1, 1);
    const auto swallow = [](const std::function<void()>& step) {
      try {
        step();
      } catch (const std::bad_alloc&) {
      }
    };
    std::vector<std::function<void()>> steps;
    for (int i = 0; i < 9; ++i) {
      steps.emplace_back([&builder, i] {
        SnapshotWriter& out = builder;
        out.gauge({"gauge", "G."}).add({{"id", long_id(i)}}, i);
      });
      steps.emplace_back([&builder, &histogram, i] {
        SnapshotWriter& out = builder;
        const Label id{"id", long_id(i)};
        out.histogram({"histogram", "H."}).add(Labels(&id, 1), histogram);
      });
    }
    until_failure = n;
    for (const auto& step : steps) swallow(step);
    const bool failed = std::exchange(until_failure, -1) < 0;
    const auto snapshot = builder.finish();
    for (const FamilySnapshot& family : snapshot->families) {
      const FamilyColumns& columns = family.columns();
      EXPECT_EQ(columns.series->size(), columns.numbers.size() + columns.histograms.size()) << n;
    }
    return failed;
  });
}

}  // namespace
}  // namespace kymo::robustness
