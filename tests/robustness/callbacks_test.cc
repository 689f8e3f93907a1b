// A callback belongs to the user and may do anything; the others' figures appear all the same.

#include <gtest/gtest.h>
#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <exception>
#include <memory>
#include <mutex>
#include <new>
#include <semaphore>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <kymo/core/registry.h>

#include "tests/robustness/child_process.h"
#include "tests/robustness/effort.h"

namespace kymo::robustness {
namespace {

using namespace std::chrono_literals;

double number(const Snapshot& snapshot, std::string_view name) {
  const auto point = snapshot.find(name, {});
  return point ? to_double(point->number) : -1;
}

[[noreturn]] void throw_nested() {
  try {
    throw std::logic_error("the cause");
  } catch (...) {
    std::throw_with_nested(std::runtime_error("what came of it"));
  }
}

// Every tenth of a thousand throws, each in another way.
double throwing_every_tenth(int number) {
  if (number % 10 != 0) return number;
  switch (number / 10 % 4) {
    case 0: throw std::runtime_error("broken");
    case 1: throw 42;
    case 2: throw std::bad_alloc();
    default: throw_nested();
  }
}

constexpr int kCallbacks = 1000;
constexpr int kThrowing = kCallbacks / 10;

std::string name_of(int callback) { return "callback_" + std::to_string(callback); }

/// Callbacks that wait here hang until it is opened.
class Gate final {
 public:
  Gate() = default;
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;
  ~Gate() { open(); }

  double pass() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return is_open_; });
    return 1;
  }
  void open() {
    const std::lock_guard lock(mutex_);
    is_open_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_open_ = false;
};

double late_count(const Snapshot& snapshot, std::string_view callback) {
  const Label label{"callback", callback};
  const auto point = snapshot.find("kymo_callbacks_late_total", Labels(&label, 1));
  return point ? to_double(point->number) : 0;
}

// Until all threads that were left behind have ended their calls.
std::shared_ptr<const Snapshot> snapshot_with(Registry& registry, std::string_view name) {
  for (;;) {
    auto snapshot = registry.snapshot();
    if (snapshot->find(name) != nullptr) return snapshot;
    std::this_thread::sleep_for(1ms);
  }
}

/// Long enough for a callback that does nothing, also on a busy machine; short enough for those that hang.
const RegistryOptions kSoonLate{.callback_deadline = 200ms};

// Half of them as producers, half as observed values.
std::vector<Registration> register_callbacks(Registry& registry) {
  std::vector<Registration> registrations;
  for (int i = 0; i < kCallbacks; ++i) {
    const std::string name = name_of(i);
    if (i % 20 < 10) {
      registrations.push_back(registry.observe_gauge(name, "G.", [i] { return throwing_every_tenth(i); }));
    } else {
      registrations.push_back(registry.add_producer([i, name](SnapshotWriter& writer) {
        FamilyWriter family = writer.gauge({.name = name, .help = "G."});
        family.add(throwing_every_tenth(i));
      }));
    }
  }
  return registrations;
}

int wrong_values(const Snapshot& snapshot) {
  int wrong = 0;
  for (int i = 0; i < kCallbacks; ++i) {
    if (i % 10 != 0 && number(snapshot, name_of(i)) != i) ++wrong;
  }
  return wrong;
}

TEST(Callbacks, ThatThrowSleepReenterOrEndThemselvesHideNoOthers) {
  // The one that re-enters waits for the thousand.
  Registry registry({.callback_deadline = 20s});
  const std::vector<Registration> registrations = register_callbacks(registry);
  const Registration sleeps = registry.observe_gauge("sleeps", "S.", [] {
    std::this_thread::sleep_for(10ms);
    return 1.0;
  });
  Registration ends_itself = registry.observe_gauge("once", "O.", [&] {
    ends_itself.end();
    return 1.0;
  });
  int made = 0;
  const Registration reenters = registry.observe_gauge("reenters", "R.", [&] {
    registry.counter("made_" + std::to_string(made++), "M.").add();
    return static_cast<double>(registry.snapshot()->families.size());
  });

  const int cycles = repetitions(10, 3);
  for (int cycle = 1; cycle <= cycles; ++cycle) {
    const auto snapshot = registry.snapshot();
    ASSERT_EQ(wrong_values(*snapshot), 0) << "cycle " << cycle;
    EXPECT_EQ(number(*snapshot, "sleeps"), 1);
    EXPECT_GT(number(*snapshot, "reenters"), kCallbacks * 8 / 10);
    EXPECT_EQ(made, cycle) << "it is not called again by the Snapshot that it takes itself";
    EXPECT_EQ(number(*snapshot, "once") == 1, cycle == 1);
  }
  // Each cycle takes two Snapshots, the second in the callback that re-enters. The last one has that one's
  // errors, and not yet its own.
  EXPECT_EQ(number(*registry.snapshot(), "kymo_producer_errors_total"), (2 * cycles + 1) * kThrowing);
}

// As pthread_cancel() does it: an exception that may not be held up.
TEST(Callbacks, MayEndTheirThread) {
  Registry registry;
  std::atomic<bool> ends{true};
  const Registration first = registry.observe_gauge("first", "F.", [&] {
    if (ends) pthread_exit(nullptr);
    return 1.0;
  });
  const Registration second = registry.observe_gauge("second", "S.", [] { return 2.0; });
  const auto without = registry.snapshot();
  EXPECT_EQ(without->find("first"), nullptr);
  EXPECT_EQ(number(*without, "second"), 2);
  ends = false;
  const auto snapshot = registry.snapshot();
  EXPECT_EQ(number(*snapshot, "first"), 1);
  EXPECT_EQ(number(*snapshot, "second"), 2);
  EXPECT_EQ(number(*snapshot, "kymo_producer_errors_total"), 1);
}

TEST(Callbacks, MayEndOneAnother) {
  Registry registry;
  Registration second;
  const Registration first = registry.observe_gauge("first", "F.", [&] {
    second.end();
    return 1.0;
  });
  second = registry.observe_gauge("second", "S.", [] { return 2.0; });
  const auto snapshot = registry.snapshot();
  EXPECT_EQ(number(*snapshot, "first"), 1);
  EXPECT_EQ(snapshot->find("second"), nullptr) << "ended before its turn";
}

TEST(Callbacks, MayRegisterOthersWhichAreAskedFromThenOn) {
  Registry registry;
  Registration made;
  bool is_made = false;
  const Registration maker = registry.observe_gauge("maker", "M.", [&] {
    if (!is_made) made = registry.observe_gauge("made", "M.", [] { return 7.0; });
    is_made = true;
    return 1.0;
  });
  (void)registry.snapshot();
  EXPECT_EQ(number(*registry.snapshot(), "made"), 7);
}

TEST(Callbacks, MayOutliveTheirRegistry) {
  auto registry = std::make_unique<Registry>();
  Registration registration = registry->observe_gauge("x", "X.", [] { return 1.0; });
  registry.reset();
  registration.end();
  registration.end();
}

// The test frees the callback's data right after its registration ended, while others take Snapshots.
TEST(Callbacks, ReferToNothingOnceTheyEnded) {
  Registry registry;
  std::atomic<bool> stop{false};
  std::vector<std::thread> scrapers;
  for (int i = 0; i < 2; ++i) {
    scrapers.emplace_back([&] {
      while (!stop) (void)registry.snapshot();
    });
  }
  std::vector<std::thread> owners;
  for (int owner = 0; owner < 2; ++owner) {
    owners.emplace_back([&registry, name = "x" + std::to_string(owner)] {
      for (int i = 0; i < repetitions(2000, 300); ++i) {
        auto held = std::make_unique<std::string>(100, 'x');
        Registration registration =
            registry.observe_gauge(name, "X.", [&] { return static_cast<double>(held->size()); });
        registration.end();
        held.reset();
      }
    });
  }
  for (auto& thread : owners) thread.join();
  stop = true;
  for (auto& thread : scrapers) thread.join();
}

// A callback's code and captures may lie in a library that is about to be unloaded.
TEST(Callbacks, AreDestroyedWhenTheirRegistrationEndsNotWithTheLastSnapshotUnderWay) {
  Registry registry;
  std::binary_semaphore begun(0);
  std::binary_semaphore go_on(0);
  const Registration holds_up = registry.observe_gauge("holds_up", "H.", [&] {
    begun.release();
    go_on.acquire();
    return 1.0;
  });
  auto captured = std::make_shared<int>(5);
  const std::weak_ptr<int> watched = captured;
  Registration registration =
      registry.observe_gauge("x", "X.", [held = std::move(captured)] { return static_cast<double>(*held); });
  std::thread scraper([&] { (void)registry.snapshot(); });
  begun.acquire();
  registration.end();
  const bool gone = watched.expired();
  go_on.release();
  scraper.join();
  EXPECT_TRUE(gone);
}

TEST(Callbacks, ThatAllTakeSnapshotsDoNotWaitForOneAnother) {
  const auto two_that_reenter = [] {
    Registry registry;
    const auto reenter = [&registry] { return static_cast<double>(registry.snapshot()->families.size()); };
    const Registration a = registry.observe_gauge("a", "A.", reenter);
    const Registration b = registry.observe_gauge("b", "B.", reenter);
    std::vector<std::thread> scrapers;
    for (int i = 0; i < 4; ++i) {
      scrapers.emplace_back([&registry] {
        for (int n = repetitions(300, 40); n > 0; --n) (void)registry.snapshot();
      });
    }
    for (auto& thread : scrapers) thread.join();
  };
  const Ending ending = run_forked(two_that_reenter, 60s);
  EXPECT_TRUE(ending.fine()) << ending.text();
}

TEST(Callbacks, ThatHangAreLeftOutCountedByNameAndComeBack) {
  Registry registry(kSoonLate);
  Gate gate;
  const Registration before = registry.observe_gauge("before", "B.", [] { return 1.0; });
  const Registration hangs = registry.observe_gauge("hangs", "H.", [&] { return gate.pass(); });
  const Registration produces = registry.add_producer(
      [&](SnapshotWriter& writer) {
        writer.gauge({.name = "half", .help = "H."}).add(1);
        gate.pass();
      },
      {.name = "database"});
  const Registration after = registry.observe_gauge("after", "A.", [] { return 2.0; });

  for (int times = 1; times <= 3; ++times) {
    const auto snapshot = registry.snapshot();
    EXPECT_EQ(number(*snapshot, "before"), 1);
    EXPECT_EQ(number(*snapshot, "after"), 2);
    EXPECT_EQ(snapshot->find("hangs"), nullptr);
    EXPECT_EQ(snapshot->find("half"), nullptr) << "written by halves";
    EXPECT_EQ(number(*snapshot, "kymo_callbacks_hanging"), 2);
    EXPECT_EQ(late_count(*snapshot, "hangs"), times);
    EXPECT_EQ(late_count(*snapshot, "database"), times);
    EXPECT_EQ(snapshot->find("kymo_callback_hanging_seconds")->size(), 2U);
  }
  const auto hanging = registry.hanging_callbacks();
  ASSERT_EQ(hanging.size(), 2U);
  EXPECT_EQ(hanging[0].name, "hangs");
  EXPECT_EQ(hanging[1].name, "database");
  EXPECT_GE(hanging[0].time, 200ms);

  gate.open();
  (void)snapshot_with(registry, "hangs");
  const auto snapshot = snapshot_with(registry, "half");
  EXPECT_EQ(number(*snapshot, "hangs"), 1);
  EXPECT_EQ(number(*snapshot, "kymo_callbacks_hanging"), 0);
  EXPECT_EQ(snapshot->find("kymo_callback_hanging_seconds"), nullptr);
  EXPECT_TRUE(registry.hanging_callbacks().empty());
}

TEST(Callbacks, ThatHangAreCalledOnceForManyTakers) {
  Registry registry(kSoonLate);
  Gate gate;
  std::atomic<int> calls{0};
  const Registration hangs = registry.observe_gauge("hangs", "H.", [&] { return ++calls, gate.pass(); });
  const Registration quick = registry.observe_gauge("quick", "Q.", [] { return 2.0; });
  std::atomic<int> good{0};
  std::vector<std::thread> takers;
  for (int t = 0; t < 8; ++t) {
    takers.emplace_back([&] {
      for (int i = 0; i < 20; ++i) good += number(*registry.snapshot(), "quick") == 2 ? 1 : 0;
    });
  }
  for (auto& taker : takers) taker.join();
  EXPECT_EQ(good, 160);
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(number(*registry.snapshot(), "kymo_callbacks_hanging"), 1);
  gate.open();
}

// Too many threads are left behind then; no callback is called, and all else is there.
TEST(Callbacks, ThatAllHangLeaveTheRegistrysOwnFigures) {
  constexpr int kAll = 150;
  std::vector<std::string> said;  // by the thread that calls callbacks
  Registry registry({.error_sink = [&](std::string_view message) { said.emplace_back(message); },
                     .callback_deadline = 20ms});
  Counter counter = registry.counter("counter", "C.");
  counter.add(3);
  const Registration inner =
      registry.observe_gauge("inner", "I.", [] { return 4.0; }, {.has_deadline = false});
  Gate gate;
  std::vector<Registration> all;
  for (int i = 0; i < kAll; ++i) {
    all.push_back(registry.observe_gauge(name_of(i), "H.", [&] { return gate.pass(); }));
  }
  for (int i = 0; i < 4; ++i) (void)registry.snapshot();
  const auto snapshot = registry.snapshot();
  EXPECT_EQ(number(*snapshot, "counter"), 3);
  EXPECT_EQ(number(*snapshot, "inner"), 4) << "called by the taker itself";
  EXPECT_EQ(number(*snapshot, "kymo_callbacks_hanging"), 8);
  EXPECT_EQ(snapshot->find("kymo_callbacks_late_total")->size(), 101U);
  EXPECT_GT(late_count(*snapshot, "other"), 0);

  gate.open();
  (void)snapshot_with(registry, name_of(kAll - 1));
  (void)snapshot_with(registry, name_of(0));
  const auto speaks_of = [&](std::string_view what) {
    return std::any_of(said.begin(), said.end(),
                       [&](const std::string& message) { return message.find(what) != std::string::npos; });
  };
  EXPECT_TRUE(speaks_of("8 callbacks have not returned"));
  EXPECT_TRUE(speaks_of("callback \"callback_0\" has not returned within 20 ms"));
}

TEST(Callbacks, ThatAreSlowTogetherHaveTheirTurns) {
  constexpr int kAll = 12;
  Registry registry({.callback_deadline = 200ms});
  std::vector<Registration> all;
  std::vector<std::atomic<int>> calls(kAll);
  for (int i = 0; i < kAll; ++i) {
    all.push_back(registry.observe_gauge(name_of(i), "S.", [&calls, i] {
      std::this_thread::sleep_for(100ms);
      return static_cast<double>(++calls[i]);
    }));
  }
  (void)registry.snapshot();
  (void)registry.snapshot();
  for (int i = 0; i < kAll; ++i) EXPECT_GE(calls[i], 1) << i;
}

TEST(Callbacks, MayHangInTheErrorSink) {
  // The sink's thread may still be in the gate when this test ends.
  const auto gate = std::make_shared<Gate>();
  Registry registry({.error_sink = [gate](std::string_view) { gate->pass(); }, .callback_deadline = 100ms});
  const Registration wrong = registry.add_producer(
      [](SnapshotWriter& writer) { writer.gauge({.name = "bad name", .help = "B."}).add(1); });
  (void)registry.snapshot();
  EXPECT_EQ(late_count(*registry.snapshot(), "error_sink"), 1);
  gate->open();
}

TEST(Callbacks, AreWaitedForByTheEndOfTheirRegistrationAndNotByItsAbandoning) {
  Registry registry(kSoonLate);
  Gate gate;
  const auto owned = std::make_shared<Gate>();
  const std::weak_ptr<Gate> watched = owned;
  std::atomic<bool> returned{false};
  Registration ended = registry.observe_gauge("ended", "E.", [&] {
    gate.pass();
    returned = true;
    return 1.0;
  });
  Registration abandoned = registry.observe_gauge("abandoned", "A.", [held = owned] { return held->pass(); });
  (void)registry.snapshot();
  abandoned.abandon();
  EXPECT_TRUE(registry.snapshot()->find("abandoned") == nullptr);
  auto free_again = registry.counter("abandoned", "A.");
  owned->open();

  std::thread opener([&] { gate.open(); });
  ended.end();
  EXPECT_TRUE(returned);
  opener.join();
  EXPECT_FALSE(watched.expired());
}

TEST(Callbacks, ThatHangForEverLetTheProcessEnd) {
  if (kThreadSanitizer) GTEST_SKIP() << "which starts no threads in a child of a process with threads";
  const auto hang_and_exit = [] {
    static Registry registry(kSoonLate);
    static Registration hangs = registry.observe_gauge("hangs", "H.", [] {
      for (;;) std::this_thread::sleep_for(1h);
      return 1.0;
    });
    if (number(*registry.snapshot(), "kymo_callbacks_hanging") != 1) _exit(4);
    hangs.abandon();
    std::exit(0);
  };
  const Ending ending = run_forked(hang_and_exit, 20s);
  EXPECT_TRUE(ending.fine()) << ending.text();
}

// The threads of the parent, the parked one and those that hang, do not exist in the child.
TEST(Callbacks, AreCalledInAForkedChild) {
  if (kThreadSanitizer) GTEST_SKIP() << "which knows no threads of a child of a process with threads";
  Registry registry(kSoonLate);
  Gate gate;
  std::atomic<bool> hangs{true};
  const Registration one = registry.observe_gauge("one", "O.", [&] { return hangs ? gate.pass() : 3.0; });
  const Registration two = registry.observe_gauge("two", "T.", [] { return 2.0; });
  (void)registry.snapshot();
  hangs = false;
  const Ending ending = run_forked(
      [&] {
        const auto snapshot = registry.snapshot();
        if (number(*snapshot, "one") != 3 || number(*snapshot, "two") != 2) _exit(4);
        if (number(*snapshot, "kymo_callbacks_hanging") != 0) _exit(5);
      },
      20s);
  gate.open();
  EXPECT_TRUE(ending.fine()) << ending.text();
}

}  // namespace
}  // namespace kymo::robustness
