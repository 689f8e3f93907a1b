#include <kymo/profile/trace.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <boost/json.hpp>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

#include "profiled.h"

namespace kymo::KYMO_ABI::profile {
namespace {

using namespace std::chrono_literals;

class TraceTest : public Profiled {};

const ThreadTrace& only_thread(const Trace& trace) {
  EXPECT_EQ(trace.threads.size(), 1U);
  return trace.threads.at(0);
}

TEST_F(TraceTest, HasEachScopeWhereItWas) {
  const auto before = std::chrono::steady_clock::now();
  {
    KYMO_PROFILE_SCOPE("outer");
    spend(1ms);
    {
      KYMO_PROFILE_SCOPE("inner");
      spend(1ms);
    }
    spend(1ms);
  }
  const auto took = std::chrono::steady_clock::now() - before;
  const Trace read = trace();
  const auto& events = only_thread(read).events;
  ASSERT_EQ(events.size(), 2U);
  const TraceEvent& inner = events[0];
  const TraceEvent& outer = events[1];
  EXPECT_EQ(inner.name, "inner");
  EXPECT_EQ(outer.name, "outer");
  EXPECT_GE(inner.begin - outer.begin, 990us);
  EXPECT_GE(outer.begin + outer.duration - inner.begin - inner.duration, 990us);
  EXPECT_GE(inner.duration, 990us);
  EXPECT_LE(outer.duration, took + took / 100);
  EXPECT_EQ(read.process, ::getpid());
  EXPECT_EQ(only_thread(read).id, ::gettid());
}

TEST_F(TraceTest, KeepsTheLastScopesAndTellsHowManyItDropped) {
  enable({.events_per_thread = 100});
  std::jthread([] {
    pthread_setname_np(pthread_self(), "small ring");
    for (int i = 0; i < 500; ++i) {
      KYMO_PROFILE_SCOPE("early");
    }
    for (int i = 0; i < 128; ++i) {
      KYMO_PROFILE_SCOPE("late");
    }
  }).join();
  const Trace read = trace();
  EXPECT_EQ(read.dropped_events, 500U);
  EXPECT_EQ(report().dropped_events, 500U);
  const auto& events = only_thread(read).events;
  EXPECT_EQ(events.size(), 128U);
  for (const TraceEvent& event : events) EXPECT_EQ(event.name, "late");
  EXPECT_EQ(function_in(report(), "early").calls, 500U);
}

/// Of scopes "odd" in scopes "even", one after the other.
void expect_whole(const Trace& trace) {
  for (const ThreadTrace& thread : trace.threads) {
    for (std::size_t i = 1; i < thread.events.size(); ++i) {
      const TraceEvent& event = thread.events[i];
      const TraceEvent& before = thread.events[i - 1];
      ASSERT_NE(event.name, before.name);
      ASSERT_TRUE(event.name == "odd" || event.begin <= before.begin);
      ASSERT_GE(event.begin + event.duration, before.begin + before.duration);
    }
  }
}

TEST_F(TraceTest, IsReadWholeWhileItIsOverwritten) {
  enable({.events_per_thread = 16});
  std::atomic<bool> done{false};
  const std::jthread recorder([&done] {
    pthread_setname_np(pthread_self(), "tiny ring");
    while (!done) {
      KYMO_PROFILE_SCOPE("even");
      KYMO_PROFILE_SCOPE("odd");
    }
  });
  // Only reads between which it went on say something; the two may have to share a processor.
  std::uint64_t dropped = 0;
  for (int told = 0; told < 300;) {
    const Trace read = trace();
    if (read.dropped_events != dropped) ++told;
    dropped = read.dropped_events;
    expect_whole(read);
  }
  done = true;
}

TEST_F(TraceTest, IsEmptyAfterAReset) {
  {
    KYMO_PROFILE_SCOPE("before");
  }
  reset();
  EXPECT_TRUE(trace().threads.empty());
  {
    KYMO_PROFILE_SCOPE("after");
  }
  EXPECT_EQ(only_thread(trace()).events.size(), 1U);
  EXPECT_EQ(trace().dropped_events, 0U);
}

TEST_F(TraceTest, MarksWhatAnExceptionLeft) {
  try {
    KYMO_PROFILE_SCOPE("fails");
    throw std::runtime_error("on purpose");
  } catch (const std::runtime_error&) {
  }
  EXPECT_TRUE(only_thread(trace()).events.at(0).failed);
}

TEST(ChromeTrace, IsAsItsFormatSays) {
  const Trace trace = {
      .process = 5,
      .program = "server",
      .threads = {{.id = 6,
                   .name = "worker",
                   .events = {{.name = "parse", .begin = 1500ns, .duration = 250ns},
                              {.name = "handle", .begin = 1us, .duration = 2us, .failed = true}}}},
      .dropped_events = 3};
  EXPECT_EQ(
      to_chrome_json(trace),
      R"({"displayTimeUnit":"ns","otherData":{"dropped_events":3},"traceEvents":[)"
      R"({"ph":"M","name":"process_name","pid":5,"args":{"name":"server"}},)"
      R"({"ph":"M","name":"thread_name","pid":5,"tid":6,"args":{"name":"worker"}},)"
      R"({"ph":"X","name":"parse","cat":"kymo","pid":5,"tid":6,"ts":1.5,"dur":0.25},)"
      R"({"ph":"X","name":"handle","cat":"kymo","pid":5,"tid":6,"ts":1,"dur":2,"args":{"error":true}}]})"
      "\n");
}

TEST(ChromeTrace, OfHostileNamesIsJson) {
  const std::string hostile = "\"}],\n\x01\xFE";
  const Trace trace = {.process = 1, .threads = {{.id = 2, .name = hostile, .events = {{.name = hostile}}}}};
  const auto json = boost::json::parse(to_chrome_json(trace));
  EXPECT_EQ(json.at("traceEvents").as_array().size(), 3U);
}

}  // namespace
}  // namespace kymo::KYMO_ABI::profile
