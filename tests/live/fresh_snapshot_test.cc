#include "src/live/fresh_snapshot.h"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace kymo::KYMO_ABI::live {
namespace {

using std::chrono::steady_clock;

TEST(FreshSnapshot, SharesOneAmongThoseThatArrivedBeforeIt) {
  int taken = 0;
  FreshSnapshot snapshots([&] {
    ++taken;
    return std::make_shared<const Snapshot>();
  });
  const auto arrived = steady_clock::now() - std::chrono::nanoseconds(1);
  const auto first = snapshots.get(arrived);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(snapshots.get(arrived), first);
  EXPECT_EQ(taken, 1);
}

TEST(FreshSnapshot, TakesANewOneForWhoArrivedLater) {
  FreshSnapshot snapshots([] { return std::make_shared<const Snapshot>(); });
  const auto first = snapshots.get(steady_clock::now());
  EXPECT_NE(snapshots.get(steady_clock::now() + std::chrono::nanoseconds(1)), first);
}

TEST(FreshSnapshot, PassesOnThatThereIsNone) {
  FreshSnapshot snapshots([] { return nullptr; });
  EXPECT_EQ(snapshots.get(steady_clock::now()), nullptr);
}

TEST(FreshSnapshot, NeverGivesOneThatWasBegunBeforeTheRequest) {
  // The source stamps each with the time it was asked for one.
  FreshSnapshot snapshots([] {
    auto snapshot = std::make_shared<Snapshot>();
    snapshot->uptime = steady_clock::now().time_since_epoch();
    return snapshot;
  });
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
}  // namespace kymo::KYMO_ABI::live
