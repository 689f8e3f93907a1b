// A callback belongs to the user and may do anything; the others' figures appear all the same.

#include <gtest/gtest.h>
#include <pthread.h>

#include <atomic>
#include <exception>
#include <memory>
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
  Registry registry;
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
  // Each cycle takes two Snapshots, the second in the callback that re-enters.
  EXPECT_EQ(number(*registry.snapshot(), "kymo_producer_errors_total"), 2 * kThrowing * cycles);
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
  std::thread([&] { (void)registry.snapshot(); }).join();
  ends = false;
  const auto snapshot = registry.snapshot();
  EXPECT_EQ(number(*snapshot, "first"), 1);
  EXPECT_EQ(number(*snapshot, "second"), 2);
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

// What the callback refers to is freed right after its registration ended, while others take Snapshots.
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
        for (int n = 0; n < 500; ++n) (void)registry.snapshot();
      });
    }
    for (auto& thread : scrapers) thread.join();
  };
  const Ending ending = run_forked(two_that_reenter, 20s);
  EXPECT_TRUE(ending.fine()) << ending.text();
}

}  // namespace
}  // namespace kymo::robustness
