#include "src/monitor/shared_snapshot.h"

#include <gtest/gtest.h>

#include <atomic>
#include <semaphore>
#include <stdexcept>
#include <thread>
#include <vector>

namespace kymo::monitor {
namespace {

using namespace std::chrono_literals;

SharedSnapshot::Result numbered(int number) {
  return std::make_shared<const Snapshot>(
      Snapshot{.time = {}, .uptime = std::chrono::nanoseconds(number), .families = {}});
}

TEST(SharedSnapshot, EachCallAfterAnotherGetsAFreshOne) {
  int taken = 0;
  SharedSnapshot shared([&] { return numbered(++taken); });
  EXPECT_EQ(shared.get()->uptime.count(), 1);
  EXPECT_EQ(shared.get()->uptime.count(), 2);
  EXPECT_EQ(shared.stale(), 0U);
}

TEST(SharedSnapshot, ThoseWhoWaitShareTheNext) {
  constexpr int kCallers = 20;
  std::atomic<int> taken{0};
  std::binary_semaphore begun(0);
  std::binary_semaphore go_on(0);
  SharedSnapshot shared(
      [&] {
        const int number = ++taken;
        if (number == 1) {
          begun.release();
          go_on.acquire();
        }
        return numbered(number);
      },
      20s);
  std::thread first([&] { EXPECT_EQ(shared.get()->uptime.count(), 1); });
  begun.acquire();
  std::atomic<int> arrived{0};
  std::vector<std::thread> others;
  for (int i = 0; i < kCallers; ++i) {
    others.emplace_back([&] {
      ++arrived;
      // Not the first: that one began before this caller asked.
      EXPECT_GE(shared.get()->uptime.count(), 2);
    });
  }
  while (arrived < kCallers) std::this_thread::yield();
  go_on.release();
  first.join();
  for (auto& thread : others) thread.join();
  EXPECT_EQ(shared.stale(), 0U);
}

TEST(SharedSnapshot, WhatWasWrittenBeforeTheCallIsInIt) {
  std::atomic<int> value{0};
  SharedSnapshot shared([&] { return numbered(value.load()); }, 20s);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 2000; ++i) {
        const int written = ++value;
        EXPECT_GE(shared.get()->uptime.count(), written);
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

TEST(SharedSnapshot, ACallbackThatAsksForOneGetsTheLast) {
  SharedSnapshot* self = nullptr;
  SharedSnapshot::Result inner;
  SharedSnapshot shared([&] {
    inner = self->get();
    return numbered(7);
  });
  self = &shared;
  EXPECT_EQ(shared.get()->uptime.count(), 7);
  ASSERT_NE(inner, nullptr);
  EXPECT_TRUE(inner->families.empty());
  EXPECT_EQ(shared.stale(), 1U);
}

TEST(SharedSnapshot, OneThatHangsHoldsUpOthersNoLongerThanTheirPatience) {
  std::binary_semaphore begun(0);
  std::binary_semaphore go_on(0);
  SharedSnapshot shared(
      [&] {
        begun.release();
        go_on.acquire();
        return numbered(1);
      },
      1ms);
  std::thread hanging([&] { (void)shared.get(); });
  begun.acquire();
  EXPECT_EQ(shared.get()->uptime.count(), 0);  // the empty one
  EXPECT_EQ(shared.stale(), 1U);
  go_on.release();
  hanging.join();
}

TEST(SharedSnapshot, AnExceptionGivesTheLast) {
  int taken = 0;
  SharedSnapshot shared([&]() -> SharedSnapshot::Result {
    if (++taken == 2) throw std::runtime_error("no memory");
    return numbered(taken);
  });
  EXPECT_EQ(shared.get()->uptime.count(), 1);
  EXPECT_EQ(shared.get()->uptime.count(), 1);
  EXPECT_EQ(shared.get()->uptime.count(), 3);
  EXPECT_EQ(shared.stale(), 1U);
}

}  // namespace
}  // namespace kymo::monitor
