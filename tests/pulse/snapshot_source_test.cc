#include <kymo/pulse/snapshot_source.h>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <semaphore>
#include <stdexcept>
#include <thread>
#include <vector>

namespace kymo::KYMO_ABI::pulse {
namespace {

bool never() { return false; }

SnapshotSource::Result numbered(int number) {
  return std::make_shared<const Snapshot>(
      Snapshot{.time = {}, .uptime = std::chrono::nanoseconds(number), .families = {}});
}

TEST(SnapshotSource, EachCallAfterAnotherGetsAFreshOne) {
  int taken = 0;
  SnapshotSource shared([&] { return numbered(++taken); }, never);
  EXPECT_EQ(shared.get()->uptime.count(), 1);
  EXPECT_EQ(shared.get()->uptime.count(), 2);
  EXPECT_EQ(shared.stale(), 0U);
}

TEST(SnapshotSource, ThoseWhoWaitShareTheNext) {
  constexpr int kCallers = 20;
  std::atomic<int> taken{0};
  std::binary_semaphore begun(0);
  std::binary_semaphore go_on(0);
  SnapshotSource shared(
      [&] {
        const int number = ++taken;
        if (number == 1) {
          begun.release();
          go_on.acquire();
        }
        return numbered(number);
      },
      never);
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

TEST(SnapshotSource, WhatWasWrittenBeforeTheCallIsInIt) {
  std::atomic<int> value{0};
  SnapshotSource shared([&] { return numbered(value.load()); }, never);
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

TEST(SnapshotSource, ACallbackThatAsksForOneGetsTheLast) {
  SnapshotSource* self = nullptr;
  SnapshotSource::Result none = numbered(1);
  SnapshotSource::Result last;
  bool is_inside = false;
  SnapshotSource shared(
      [&] {
        is_inside = true;
        none = self->get();
        last = self->get_or_last();
        is_inside = false;
        return numbered(7);
      },
      [&] { return is_inside; });
  self = &shared;
  EXPECT_EQ(shared.get()->uptime.count(), 7);
  EXPECT_EQ(none, nullptr);
  ASSERT_NE(last, nullptr);
  EXPECT_TRUE(last->families.empty());
  EXPECT_EQ(shared.stale(), 2U);
}

TEST(SnapshotSource, AnExceptionGivesNoneToAllWhoWaitedAndTheLastOnRequest) {
  std::atomic<int> taken{0};
  std::binary_semaphore begun(0);
  std::binary_semaphore go_on(0);
  SnapshotSource shared(
      [&]() -> SnapshotSource::Result {
        const int number = ++taken;
        if (number == 2) {
          begun.release();
          go_on.acquire();
        }
        if (number == 2 || number == 3) throw std::runtime_error("no memory");
        return numbered(number);
      },
      never);
  EXPECT_EQ(shared.get()->uptime.count(), 1);
  std::thread taker([&] { EXPECT_EQ(shared.get(), nullptr); });
  begun.acquire();
  std::thread waiter([&] { EXPECT_EQ(shared.get_or_last()->uptime.count(), 1); });
  go_on.release();
  taker.join();
  waiter.join();
  EXPECT_EQ(shared.stale(), 2U);
  EXPECT_TRUE(shared.is_failing());
  EXPECT_EQ(shared.get()->uptime.count(), 4);
  EXPECT_FALSE(shared.is_failing());
}

using std::chrono::steady_clock;

TEST(SnapshotSource, SharesOneAmongThoseThatArrivedBeforeIt) {
  int taken = 0;
  SnapshotSource snapshots(
      [&] {
        ++taken;
        return std::make_shared<const Snapshot>();
      },
      never);
  const auto arrived = steady_clock::now() - std::chrono::nanoseconds(1);
  const auto first = snapshots.get(arrived);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(snapshots.get(arrived), first);
  EXPECT_EQ(taken, 1);
}

TEST(SnapshotSource, TakesANewOneForWhoArrivedLater) {
  SnapshotSource snapshots([] { return std::make_shared<const Snapshot>(); }, never);
  const auto first = snapshots.get(steady_clock::now());
  EXPECT_NE(snapshots.get(steady_clock::now() + std::chrono::nanoseconds(1)), first);
}

TEST(SnapshotSource, PassesOnThatThereIsNone) {
  SnapshotSource snapshots([] { return nullptr; }, never);
  EXPECT_EQ(snapshots.get(steady_clock::now()), nullptr);
}

TEST(SnapshotSource, NeverGivesOneThatWasBegunBeforeTheRequest) {
  // The source stamps each with the time it was asked for one.
  SnapshotSource snapshots(
      [] {
        auto snapshot = std::make_shared<Snapshot>();
        snapshot->uptime = steady_clock::now().time_since_epoch();
        return snapshot;
      },
      never);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 5000; ++round) {
        const auto arrived = steady_clock::now();
        EXPECT_GE(snapshots.get(arrived)->uptime, arrived.time_since_epoch());
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

}  // namespace
}  // namespace kymo::KYMO_ABI::pulse
