#include <kymo/profile/profile.h>
#include <kymo/profile/report.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "profiled.h"

namespace kymo::KYMO_ABI::profile {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

}  // namespace
}  // namespace kymo::KYMO_ABI::profile

// A function of a user.
namespace user {
namespace {

void inner() { KYMO_PROFILE_FUNCTION(); }

}  // namespace
}  // namespace user

namespace kymo::KYMO_ABI::profile {
namespace {

using user::inner;

void outer(int calls) {
  KYMO_PROFILE_SCOPE("outer");
  for (int i = 0; i < calls; ++i) inner();
}

class ScopeTest : public Profiled {};

TEST_F(ScopeTest, CountsByThePathThatLedToIt) {
  outer(3);
  outer(2);
  inner();
  const std::string name = "user::(anonymous namespace)::inner";
  const std::string gcc_name = "user::{anonymous}::inner";
  const auto calls = calls_of(report());
  const std::string& used = calls.contains(name) ? name : gcc_name;
  EXPECT_THAT(calls, UnorderedElementsAre(Pair("outer", 2), Pair("outer;" + used, 5), Pair(used, 1)));
}

TEST_F(ScopeTest, TellsItsOwnTimeFromThatOfScopesInside) {
  {
    KYMO_PROFILE_SCOPE("whole");
    spend(milliseconds(2));
    {
      KYMO_PROFILE_SCOPE("part");
      spend(milliseconds(3));
    }
    {
      KYMO_PROFILE_SCOPE("part");
      spend(milliseconds(1));
    }
  }
  const Report read = report();
  const FunctionFigures whole = function_in(read, "whole");
  const FunctionFigures part = function_in(read, "part");
  EXPECT_GE(whole.self, microseconds(1990));
  EXPECT_GE(part.total, microseconds(3990));
  EXPECT_GE(whole.total, part.total + whole.self - microseconds(1));
  EXPECT_EQ(part.self, part.total);
  EXPECT_EQ(part.calls, 2U);
  EXPECT_GE(part.min, microseconds(995));
  EXPECT_GE(part.max, microseconds(2990));
  EXPECT_GE(part.p99, part.p50);
  EXPECT_EQ(part.average, part.total / 2);
}

TEST_F(ScopeTest, CountsARecursionsTimeOnce) {
  const auto recurse = [](const auto& self, int depth) -> void {
    KYMO_PROFILE_SCOPE("recursion");
    spend(milliseconds(1));
    if (depth > 1) self(self, depth - 1);
  };
  recurse(recurse, 4);
  const Report read = report();
  const FunctionFigures recursion = function_in(read, "recursion");
  EXPECT_EQ(recursion.calls, 4U);
  EXPECT_EQ(recursion.total, recursion.max);
  EXPECT_LE(recursion.self, recursion.total + microseconds(1));
  EXPECT_THAT(calls_of(read), ElementsAre(Pair("recursion", 4)));
}

/// Sites by number, for paths that are more than a source has.
Scope scope_of(std::size_t number) {
  static std::array<std::optional<Site>, 200> sites;
  static std::array<std::string, 200> names;
  if (!sites.at(number)) {
    names.at(number) = "site " + std::to_string(number);
    sites.at(number).emplace(names.at(number).c_str());
  }
  return Scope(*sites.at(number));
}

/// Scopes in scopes, by the letters of a word; and calls of each in the end.
void nest(std::string_view word, milliseconds time = {}) {
  if (word.empty()) return;
  const Scope scope = scope_of(static_cast<std::size_t>(word[0] - 'a'));
  spend(time);
  nest(word.substr(1), time);
}

TEST_F(ScopeTest, GoesOnInThePathOfTheOneThatItIsInAgain) {
  nest("abacb");
  nest("abab");
  nest("ba");
  const std::string a = "site 0";
  const std::string b = "site 1";
  EXPECT_THAT(calls_of(report()),
              UnorderedElementsAre(Pair(a, 4), Pair(a + ";" + b, 3), Pair(a + ";site 2", 1),
                                   Pair(a + ";site 2;" + b, 1), Pair(b, 1), Pair(b + ";" + a, 1)));
}

TEST_F(ScopeTest, CountsTheTimeOfEachFunctionOnceHoweverTheyCallOneAnother) {
  nest("abacb", milliseconds(1));
  const Report read = report();
  for (const char* name : {"site 0", "site 1", "site 2"}) {
    const FunctionFigures function = function_in(read, name);
    EXPECT_EQ(function.total, function.max) << name << " was entered from outside once";
  }
  const FunctionFigures outermost = function_in(read, "site 0");
  EXPECT_GE(outermost.total, milliseconds(5));
  EXPECT_GE(function_in(read, "site 1").total, microseconds(3990));
  EXPECT_EQ(outermost.average, (outermost.max + outermost.min) / 2);
  const auto paths = paths_of(read);
  EXPECT_LE(std::chrono::abs(paths.at("site 0").total - outermost.total), microseconds(1))
      << "all that it led to is below it";
}

TEST_F(ScopeTest, CountsAnErrorWhereAnExceptionLeavesIt) {
  const auto fail = [](bool throws) {
    KYMO_PROFILE_SCOPE("fails");
    if (throws) throw std::runtime_error("on purpose");
  };
  const auto survive = [&fail] {
    KYMO_PROFILE_SCOPE("survives");
    try {
      fail(true);
    } catch (const std::runtime_error&) {
    }
  };
  survive();
  fail(false);
  EXPECT_THROW(fail(true), std::runtime_error);
  const Report read = report();
  EXPECT_EQ(function_in(read, "fails").errors, 2U);
  EXPECT_EQ(function_in(read, "fails").calls, 3U);
  EXPECT_EQ(function_in(read, "survives").errors, 0U);
}

TEST_F(ScopeTest, AScopeThatRunsWhileAnExceptionFliesIsNoError) {
  struct Cleaner {
    ~Cleaner() { KYMO_PROFILE_SCOPE("cleans"); }
  };
  try {
    const Cleaner cleaner;
    throw std::runtime_error("on purpose");
  } catch (const std::runtime_error&) {
  }
  EXPECT_EQ(function_in(report(), "cleans").errors, 0U);
}

TEST_F(ScopeTest, RecordsNothingWhileOff) {
  disable();
  outer(1);
  EXPECT_FALSE(report().enabled);
  EXPECT_THAT(report().functions, IsEmpty());
  EXPECT_THAT(report().threads, IsEmpty());
}

TEST_F(ScopeTest, IsRecordedWhenTurnedOffBeforeItsEnd) {
  {
    KYMO_PROFILE_SCOPE("begun");
    disable();
    KYMO_PROFILE_SCOPE("not begun");
  }
  EXPECT_THAT(calls_of(report()), ElementsAre(Pair("begun", 1)));
}

TEST_F(ScopeTest, IsNotRecordedWhenTurnedOnAfterItsBegin) {
  disable();
  {
    KYMO_PROFILE_SCOPE("begun before");
    enable();
    KYMO_PROFILE_SCOPE("begun after");
  }
  EXPECT_THAT(calls_of(report()), ElementsAre(Pair("begun after", 1)));
}

TEST_F(ScopeTest, AResetForgetsAlsoWhatIsOpen) {
  outer(1);
  {
    KYMO_PROFILE_SCOPE("open");
    reset();
    EXPECT_THAT(report().functions, IsEmpty());
    KYMO_PROFILE_SCOPE("new");
  }
  EXPECT_THAT(calls_of(report()), ElementsAre(Pair("open", 0), Pair("open;new", 1)));
  EXPECT_EQ(function_in(report(), "new").calls, 1U);
  EXPECT_EQ(report().functions.size(), 1U);
}

TEST_F(ScopeTest, WhatEndedThreadsRecordedStays) {
  constexpr std::uint64_t kThreads = 300;
  for (std::uint64_t i = 0; i < kThreads; ++i) {
    std::jthread([i] {
      pthread_setname_np(pthread_self(), ("worker-" + std::to_string(i % 3)).c_str());
      KYMO_PROFILE_SCOPE("work");
    });
  }
  const Report read = report();
  EXPECT_THAT(calls_of(read), ElementsAre(Pair("work", kThreads)));
  // One after the other, those of one name share a row.
  std::vector<std::string> names;
  for (const ThreadFigures& thread : read.threads) names.push_back(thread.name);
  EXPECT_THAT(names, UnorderedElementsAre("worker-0", "worker-1", "worker-2"));
}

TEST_F(ScopeTest, ThreadsOfEverNewNamesAreBoundedAndLoseNothing) {
  constexpr std::uint64_t kThreads = 500;
  for (std::uint64_t i = 0; i < kThreads; ++i) {
    std::jthread([i] {
      pthread_setname_np(pthread_self(), ("once-" + std::to_string(i)).c_str());
      KYMO_PROFILE_SCOPE("work");
    });
  }
  const Report read = report();
  EXPECT_THAT(calls_of(read), ElementsAre(Pair("work", kThreads)));
  EXPECT_LE(read.threads.size(), 70U);
}

TEST_F(ScopeTest, ThatEndsOnAnotherThreadIsLostAndHarmsNothing) {
  static constinit Site site{"moved"};
  auto scope = std::make_unique<Scope>(site);
  std::jthread([&scope] { scope.reset(); }).join();
  outer(0);
  EXPECT_EQ(report().lost_scopes, 1U);
  EXPECT_THAT(calls_of(report()), ElementsAre(Pair("outer", 1)));
}

TEST_F(ScopeTest, ThatEndsOutOfOrderIsLostAndHarmsNothing) {
  static constinit Site first_site{"first"};
  static constinit Site second_site{"second"};
  auto first = std::make_unique<Scope>(first_site);
  auto second = std::make_unique<Scope>(second_site);
  first.reset();
  second.reset();
  outer(0);
  EXPECT_EQ(report().lost_scopes, 1U);
  EXPECT_THAT(calls_of(report()), testing::IsSupersetOf({Pair("first", 1), Pair("outer", 1)}));
}

void dive(int depth) {
  KYMO_PROFILE_SCOPE("deep");
  if (depth % 2 == 0) {
    KYMO_PROFILE_SCOPE("every other");
    if (depth > 1) dive(depth - 1);
  } else {
    if (depth > 1) dive(depth - 1);
  }
}

TEST_F(ScopeTest, ADeepRecursionTakesNoRoomFromWhatComesLater) {
  constexpr std::uint64_t kDepth = 20'000;
  std::jthread([] {
    dive(kDepth);
    outer(1);
  }).join();
  auto calls = calls_of(report());
  EXPECT_EQ(calls.size(), 4U);
  EXPECT_EQ(calls["deep"], kDepth);
  EXPECT_EQ(calls["deep;every other"], kDepth / 2);
  EXPECT_EQ(calls["outer"], 1U);
}

/// All words of three sites, which are more paths than a thread has room for. How many scopes those are.
std::uint64_t fill_with_paths(std::size_t first_site) {
  constexpr std::size_t kSites = 20;
  std::uint64_t scopes = 0;
  for (std::size_t i = 0; i < kSites; ++i) {
    for (std::size_t j = 0; j < kSites; ++j) {
      for (std::size_t k = 0; k < kSites; ++k) {
        const Scope one = scope_of(first_site + i);
        const Scope two = scope_of(first_site + j);
        const Scope three = scope_of(first_site + k);
        scopes += 3;
      }
    }
  }
  return scopes;
}

std::uint64_t all_calls(const Report& report) {
  std::uint64_t calls = 0;
  for (const FunctionFigures& function : report.functions) calls += function.calls;
  return calls;
}

TEST_F(ScopeTest, MorePathsThanThereIsRoomForAreCountedTogether) {
  std::uint64_t scopes = 0;
  std::jthread([&scopes] {
    for (const std::size_t first : {0U, 20U, 40U}) scopes += fill_with_paths(first);
  }).join();
  const Report read = report();
  const FunctionFigures others = function_in(read, "(others)");
  EXPECT_GT(others.calls, 0U);
  EXPECT_EQ(all_calls(read), scopes);
  EXPECT_EQ(calls_of(read)["(others)"], others.calls);
  EXPECT_LE(others.total, read.threads.at(0).total + microseconds(1));
  EXPECT_GE(others.total, others.self - microseconds(1));
}

TEST_F(ScopeTest, WhatBeginsLateHasAPathOfItsOwnAndWhatIsInItToo) {
  std::uint64_t scopes = 0;
  std::jthread([&scopes] {
    scopes += fill_with_paths(0);
    for (int i = 0; i < 3; ++i) {
      const Scope late = scope_of(100);
      const Scope within = scope_of(101);
      const Scope deeper = scope_of(102);
      scopes += 3;
    }
  }).join();
  auto calls = calls_of(report());
  EXPECT_EQ(calls["site 100"], 3U);
  EXPECT_EQ(calls["site 100;site 101"], 3U);
  EXPECT_EQ(all_calls(report()), scopes) << "(others) has the third of them";
}

TEST_F(ScopeTest, SoManyWaysBackAreFoundWithoutATable) {
  std::uint64_t scopes = 0;
  std::jthread([&scopes] {
    for (int round = 0; round < 2; ++round) scopes += fill_with_paths(0);
    for (std::size_t i = 0; i < 20; ++i) {
      for (std::size_t j = 20; j < 60; ++j) {
        for (std::size_t back = 0; back < 2; ++back) {
          const Scope one = scope_of(i);
          const Scope two = scope_of(j);
          const Scope again = scope_of(back == 0 ? i : j);
          const Scope inner = scope_of(19);
          scopes += 4;
        }
      }
    }
  }).join();
  EXPECT_EQ(all_calls(report()), scopes);
}

#define TWO_SCOPES()           \
  KYMO_PROFILE_SCOPE("first"); \
  KYMO_PROFILE_SCOPE("second")
#define THREE_SCOPES() \
  TWO_SCOPES();        \
  KYMO_PROFILE_FUNCTION()

TEST_F(ScopeTest, SeveralMayStandInOneLine) {
  const auto call = [] { THREE_SCOPES(); };
  call();
  EXPECT_EQ(function_in(report(), "first").calls, 1U);
  EXPECT_EQ(function_in(report(), "second").calls, 1U);
  EXPECT_EQ(report().functions.size(), 3U);
}

constexpr int square(int value) {
  THREE_SCOPES();
  return value * value;
}
template <class T>
constexpr T sum_of(T value) {
  KYMO_PROFILE_FUNCTION();
  const auto twice = [](auto inner) {
    TWO_SCOPES();
    return inner + inner;
  };
  return twice(value);
}
struct Measured {
  constexpr explicit Measured(int given) : value(given) { KYMO_PROFILE_SCOPE("made"); }
  constexpr ~Measured() { KYMO_PROFILE_SCOPE("gone"); }
  Measured(const Measured&) = delete;
  Measured& operator=(const Measured&) = delete;
  int value;
};
static_assert(square(3) == 9);
static_assert(sum_of(2L) == 4);
static_assert(Measured(5).value == 5);

TEST_F(ScopeTest, AConstexprFunctionIsTimedWhereItRuns) {
  int value = 3;
  value = square(value);
  value = sum_of(value);
  value = Measured(value).value;
  EXPECT_EQ(value, 18);
  const Report read = report();
  EXPECT_EQ(function_in(read, "first").calls, 2U);
  EXPECT_EQ(function_in(read, "made").calls, 1U);
  EXPECT_EQ(function_in(read, "gone").calls, 1U);
}

TEST_F(ScopeTest, AThreadsTimeIsThatOfItsOutermostScopes) {
  outer(5);
  outer(5);
  const Report read = report();
  ASSERT_EQ(read.threads.size(), 1U);
  const nanoseconds difference = read.threads[0].total - function_in(read, "outer").total;
  EXPECT_LE(std::chrono::abs(difference), microseconds(1));
}

TEST_F(ScopeTest, DurationRunsOnlyWhileItIsOn) {
  disable();
  const auto duration = report().duration;
  spend(milliseconds(1));
  EXPECT_EQ(report().duration, duration);
  enable();
  spend(milliseconds(1));
  EXPECT_GE(report().duration, duration + milliseconds(1));
  EXPECT_TRUE(report().started.has_value());
  EXPECT_GE(report().clock_ns, 0);
}

}  // namespace
}  // namespace kymo::KYMO_ABI::profile
