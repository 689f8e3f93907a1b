#include <kymo/log/rate_limit.h>

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "kept_lines.h"

namespace kymo::KYMO_ABI::log {
namespace {

using namespace std::chrono_literals;

/// A clock that stands where it is put.
RateLimit::Time at(std::chrono::milliseconds time) { return RateLimit::Time(24h + time); }

TEST(RateLimit, LetsSoManyPassInAnInterval) {
  RateLimit limit(2, 1s);
  EXPECT_EQ(limit.admit(at(0ms)), 0U);
  EXPECT_EQ(limit.admit(at(500ms)), 0U);
  EXPECT_EQ(limit.admit(at(600ms)), std::nullopt);
  EXPECT_EQ(limit.admit(at(999ms)), std::nullopt);
  EXPECT_EQ(limit.suppressed(), 2U);
  EXPECT_EQ(limit.admit(at(1000ms)), 2U);
  EXPECT_EQ(limit.suppressed(), 0U);
  EXPECT_EQ(limit.admit(at(1001ms)), 0U);
  EXPECT_EQ(limit.admit(at(1002ms)), std::nullopt);
}

TEST(RateLimit, AnIntervalBeginsWithItsFirstEvent) {
  RateLimit limit(1, 1s);
  EXPECT_EQ(limit.admit(at(900ms)), 0U);
  EXPECT_EQ(limit.admit(at(1899ms)), std::nullopt);
  EXPECT_EQ(limit.admit(at(5000ms)), 1U);
  EXPECT_EQ(limit.admit(at(5999ms)), std::nullopt);
}

TEST(RateLimit, AThreadWhoseClockIsBehindBelongsToTheInterval) {
  RateLimit limit(1, 1s);
  EXPECT_EQ(limit.admit(at(5000ms)), 0U);
  EXPECT_EQ(limit.admit(at(3000ms)), std::nullopt);
  EXPECT_EQ(limit.admit(at(6000ms)), 1U);
}

TEST(RateLimit, IsTheSameWhereverTheClockIs) {
  const auto years = [](int count) { return std::chrono::hours(24 * 365 * count); };
  for (const std::chrono::nanoseconds begin :
       {std::chrono::nanoseconds(0), std::chrono::nanoseconds(-1), std::chrono::nanoseconds(-2h),
        std::chrono::nanoseconds(years(34)), std::chrono::nanoseconds(years(290)),
        std::chrono::nanoseconds(years(-290))}) {
    RateLimit limit(1, 1h);
    const RateLimit::Time first(begin);
    EXPECT_EQ(limit.admit(first), 0U) << begin.count();
    EXPECT_EQ(limit.admit(first), std::nullopt) << begin.count();
    EXPECT_EQ(limit.admit(first + 59min), std::nullopt) << begin.count();
    EXPECT_EQ(limit.admit(first + 61min), 2U) << begin.count();
    EXPECT_EQ(limit.admit(first + years(1)), 0U) << begin.count();
  }
  RateLimit never_again(1, std::chrono::milliseconds::max());
  EXPECT_EQ(never_again.admit(RateLimit::Time{}), 0U);
  EXPECT_EQ(never_again.admit(RateLimit::Time(years(10))), std::nullopt);
}

TEST(RateLimit, TakesTheNearestOfWhatMeansNothing) {
  RateLimit none(0, 1s);
  EXPECT_EQ(none.admit(at(0ms)), 0U);
  EXPECT_EQ(none.admit(at(0ms)), std::nullopt);
  RateLimit backwards(1, -1s);
  EXPECT_EQ(backwards.admit(at(0ms)), 0U);
  EXPECT_EQ(backwards.admit(at(0ms)), 0U);
}

TEST(RateLimit, WhatPassedAndWhatDidNotAddUpOverThreads) {
  constexpr std::uint64_t kThreads = 4;
  constexpr std::uint64_t kEvents = 50'000;
  RateLimit limit(3, 10ms);
  std::atomic<std::uint64_t> clock{0};
  std::atomic<std::uint64_t> passed{0};
  std::atomic<std::uint64_t> told{0};
  std::vector<std::thread> threads;
  for (std::uint64_t i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (std::uint64_t event = 0; event < kEvents; ++event) {
        const auto verdict = limit.admit(at(std::chrono::milliseconds(clock.fetch_add(1) / 100)));
        if (!verdict) continue;
        passed.fetch_add(1);
        told.fetch_add(*verdict);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(passed + told + limit.suppressed(), kThreads * kEvents);
  // 2000 ms passed. A thread may hold a time that is old by now, which only makes intervals longer.
  EXPECT_LE(passed, 3 * (kThreads * kEvents / 100 / 10 + 1));
  EXPECT_GE(passed, 3U);
}

TEST(LogLimited, TheNextThatPassesTellsHowManyDidNot) {
  KeptLines lines;
  RateLimit limit(1, 0ms);
  log_limited(limit, lines.logger(), Level::info, "m", {{"a", 1}});
  EXPECT_EQ(lines.last(), "m a=1");
  RateLimit slow(1, 1h);
  // Also on a machine that started a minute ago, where that was before its clock began.
  const auto before = std::chrono::steady_clock::now() - 2h;
  EXPECT_EQ(slow.admit(before), 0U);
  EXPECT_EQ(slow.admit(before), std::nullopt);
  log_limited(slow, lines.logger(), Level::info, "m", {{"a", 2}});
  EXPECT_EQ(lines.last(), "m a=2 suppressed=1");
}

TEST(LogLimited, AnEventBelowTheLevelIsNoneForTheLimit) {
  KeptLines lines;
  RateLimit limit(1, 1h);
  log_limited(limit, lines.logger(Level::error), Level::info, "m");
  EXPECT_TRUE(lines.all().empty());
  log_limited(limit, lines.logger(), Level::info, "m");
  EXPECT_EQ(lines.last(), "m");
}

TEST(LogLimited, EachPlaceInTheSourceHasItsOwnLimit) {
  KeptLines lines;
  const Logger logger = lines.logger();
  for (int i = 0; i < 5; ++i) {
    KYMO_LOG_LIMITED(logger, Level::warning, 1h, "first", {{"i", i}, {"j", -i}});
    KYMO_LOG_LIMITED(logger, Level::warning, 1h, "second");
  }
  EXPECT_EQ(lines.all(), (std::vector<std::string>{"first i=0 j=0", "second"}));
}

}  // namespace
}  // namespace kymo::KYMO_ABI::log
