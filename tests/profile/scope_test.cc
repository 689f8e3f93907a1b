#include <kymo/profile/profile.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <kymo/profile/report.h>

#include "profiled.h"

namespace kymo::profile {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

void inner() { KYMO_PROFILE_FUNCTION(); }

void outer(int calls) {
  KYMO_PROFILE_SCOPE("outer");
  for (int i = 0; i < calls; ++i) inner();
}

class ScopeTest : public Profiled {};

TEST_F(ScopeTest, CountsByThePathThatLedToIt) {
  outer(3);
  outer(2);
  inner();
  const std::string name = "kymo::profile::(anonymous namespace)::inner";
  const std::string gcc_name = "kymo::profile::{anonymous}::inner";
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
  EXPECT_THAT(calls_of(read), testing::Contains(Pair("recursion;recursion;recursion;recursion", 1)));
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
  if (depth > 1) dive(depth - 1);
}

TEST_F(ScopeTest, MorePathsThanThereIsRoomForAreCountedTogether) {
  constexpr int kDepth = 5000;
  std::jthread([] { dive(kDepth); }).join();
  const Report read = report();
  const FunctionFigures others = function_in(read, "(others)");
  EXPECT_GT(others.calls, 0U);
  EXPECT_EQ(function_in(read, "deep").calls + others.calls, static_cast<std::uint64_t>(kDepth));
  EXPECT_LE(others.total, function_in(read, "deep").total);
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
  EXPECT_GT(report().clock_ns, 0);
}

}  // namespace
}  // namespace kymo::profile
