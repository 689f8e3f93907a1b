#include <kymo/pulse/tick_listeners.h>

#include <gmock/gmock.h>

#include <atomic>
#include <filesystem>
#include <iterator>
#include <semaphore>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <kymo/core/snapshot.h>

namespace kymo::KYMO_ABI::pulse {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

constexpr auto kPatient = 20s;

double count(const TickListeners& listeners, std::string_view family, std::string_view listener) {
  Registry registry;
  const Registration written =
      registry.add_producer([&](SnapshotWriter& writer) { listeners.write(writer); });
  const auto point = registry.snapshot()->find(family, {{"listener", listener}});
  return point ? to_double(point->number) : -1;
}

TEST(TickListeners, GetASnapshotWithWhatEarlierListenersMeasured) {
  std::vector<std::string> calls;
  const auto note = [&](std::string name) {
    return [&calls, name = std::move(name)](const Tick& tick) {
      calls.push_back(name + (tick.snapshot == nullptr ? " without" : " with"));
    };
  };
  TickListeners listeners(
      {
          {.name = "measures", .budget = kPatient, .on_tick = note("measures")},
          {.name = "keeps", .budget = kPatient, .wants_snapshot = true, .on_tick = note("keeps")},
          {.name = "judges", .budget = kPatient, .wants_snapshot = true, .on_tick = note("judges")},
      },
      [&] {
        calls.emplace_back("take");
        return std::make_shared<const Snapshot>();
      });
  EXPECT_TRUE(listeners.call({.number = 1}));
  EXPECT_THAT(calls, ElementsAre("measures without", "take", "keeps with", "judges with"));
}

TEST(TickListeners, AreCalledInOrderWithTheSameTick) {
  std::vector<std::string> calls;
  TickListeners listeners({
      {.name = "first",
       .budget = kPatient,
       .on_tick = [&](const Tick& tick) { calls.push_back("first " + std::to_string(tick.number)); }},
      {.name = "second",
       .budget = kPatient,
       .on_tick = [&](const Tick& tick) { calls.push_back("second " + std::to_string(tick.number)); }},
  });
  EXPECT_TRUE(listeners.call({.number = 1}));
  EXPECT_TRUE(listeners.call({.number = 2}));
  EXPECT_THAT(calls, ElementsAre("first 1", "second 1", "first 2", "second 2"));
}

TEST(TickListeners, ThatThrowAreCountedAndHideNoOthers) {
  int called = 0;
  TickListeners listeners({
      {.name = "throws", .budget = kPatient, .on_tick = [](const Tick&) { throw std::runtime_error("no"); }},
      {.name = "works", .budget = kPatient, .on_tick = [&](const Tick&) { ++called; }},
  });
  EXPECT_FALSE(listeners.call({}));
  EXPECT_FALSE(listeners.call({}));
  EXPECT_EQ(called, 2);
  EXPECT_EQ(count(listeners, "kymo_tick_listener_failures_total", "throws"), 2);
  EXPECT_EQ(count(listeners, "kymo_tick_listener_failures_total", "works"), 0);
}

TEST(TickListeners, ThatHangAreSkippedUntilTheyReturn) {
  std::binary_semaphore go_on(0);
  std::atomic<int> hung{0};
  std::atomic<int> returned{0};
  int called = 0;
  TickListeners listeners({
      {.name = "hangs",
       .budget = 20ms,
       .on_tick =
           [&](const Tick&) {
             ++hung;
             go_on.acquire();
             ++returned;
           }},
      {.name = "works", .budget = kPatient, .on_tick = [&](const Tick&) { ++called; }},
  });
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(listeners.call({}));
  EXPECT_EQ(called, 3);
  EXPECT_EQ(hung, 1);
  EXPECT_EQ(count(listeners, "kymo_tick_listener_late_total", "hangs"), 1);
  EXPECT_EQ(count(listeners, "kymo_tick_listener_skipped_total", "hangs"), 2);
  go_on.release();
  go_on.release();
  while (returned == 0) std::this_thread::sleep_for(1ms);
  // Its thread says so a moment later.
  while (hung == 1) listeners.call({});
  EXPECT_EQ(hung, 2);
  listeners.stop();
  EXPECT_EQ(returned, 2);
}

TEST(TickListeners, StopWaitsForTheirReturn) {
  std::binary_semaphore begun(0);
  std::atomic<bool> returned{false};
  TickListeners listeners({{.name = "slow", .budget = 1ms, .on_tick = [&](const Tick&) {
                              begun.release();
                              std::this_thread::sleep_for(100ms);
                              returned = true;
                            }}});
  listeners.call({});
  begun.acquire();
  listeners.stop();
  EXPECT_TRUE(returned);
  EXPECT_TRUE(listeners.call({})) << "a stopped one calls nobody";
}

std::ptrdiff_t threads_of_process() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/task"), {});
}

TEST(TickListeners, ThatAreLateAgainAndAgainLeaveFewThreads) {
  const std::ptrdiff_t before = threads_of_process();
  std::atomic<int> called{0};
  TickListeners listeners({{.name = "late", .budget = 0ms, .on_tick = [&](const Tick&) { ++called; }}});
  while (called < 50) listeners.call({});
  // The worker, and some that were left behind and are about to end.
  EXPECT_LE(threads_of_process(), before + 5);
}

}  // namespace
}  // namespace kymo::KYMO_ABI::pulse
