#include "src/probe/source_limits.h"

#include <gtest/gtest.h>

#include <limits>

#include <chrono>
#include <string>

namespace kymo::KYMO_ABI::probe {
namespace {

using namespace std::chrono_literals;

class SourceLimitsTest : public testing::Test {
 protected:
  int allowed(const std::string& source, int asked) {
    int count = 0;
    for (int i = 0; i < asked; ++i)
      count += limits_.take(*net::parse_address(source, 1), now_) == EchoLimit::none ? 1 : 0;
    return count;
  }

  RateLimit::Time now_{1h};
  SourceLimits limits_{1000, 100, 64, 42};
};

TEST_F(SourceLimitsTest, LimitsEachSourceByItself) {
  EXPECT_EQ(allowed("192.0.2.1", 50), 10) << "a tenth of a second's at once";
  EXPECT_EQ(allowed("192.0.2.2", 50), 10);
  now_ += 100ms;
  EXPECT_EQ(allowed("192.0.2.1", 50), 10);
  now_ += 10ms;
  EXPECT_EQ(allowed("192.0.2.1", 50), 1);
}

TEST_F(SourceLimitsTest, ANetworkOfIpv6IsOneSource) {
  EXPECT_EQ(allowed("2001:db8::1", 50), 10);
  EXPECT_EQ(allowed("2001:db8::2", 50), 0);
  EXPECT_EQ(allowed("2001:db8:0:1::1", 50), 10);
}

TEST_F(SourceLimitsTest, LimitsAllTogetherWhateverTheSources) {
  int count = 0;
  for (int i = 0; i < 100'000; ++i) {
    count += allowed("10." + std::to_string(i / 65536) + "." + std::to_string(i / 256 % 256) + "." +
                         std::to_string(i % 256),
                     1);
  }
  EXPECT_EQ(count, 100) << "forged sources are told apart no longer than there is room, and all are limited";
}

TEST_F(SourceLimitsTest, WhatAllLackIsNotTakenFromOne) {
  for (int i = 0; i < 10; ++i) allowed("192.0.2." + std::to_string(i), 10);
  EXPECT_EQ(allowed("198.51.100.1", 5), 0);
  now_ += 5ms;  // enough for five of all
  EXPECT_EQ(allowed("198.51.100.1", 50), 5);
}

TEST(RateLimit, TellsTurns) {
  const auto rate = RateLimit::of_rate(100, 1);
  RateLimit limit;
  const RateLimit::Time now(1h);
  EXPECT_EQ(limit.reserve(rate, now), 0ms);
  EXPECT_EQ(limit.reserve(rate, now), 10ms);
  EXPECT_EQ(limit.reserve(rate, now), 20ms);
  EXPECT_EQ(limit.reserve(rate, now + 1s), 0ms) << "rest is not saved up";
  EXPECT_EQ(limit.reserve(rate, now + 1s), 10ms);
}

TEST(RateLimit, ABurstWithoutEndIsLetThrough) {
  const auto rate = RateLimit::of_rate(0, 1e300);
  RateLimit limit;
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(limit.take(rate, RateLimit::Time(1h)));
}

TEST(RateLimit, ARateThatIsNoNumberIsBroughtIntoItsLimits) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  const auto most = RateLimit::of_rate(kInfinity, kInfinity);
  EXPECT_EQ(most.each, 1ns);
  EXPECT_GE(most.slack, 900ms);
  RateLimit limit;
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(limit.take(most, RateLimit::Time(1h)));
  const auto least = RateLimit::of_rate(kNone, kNone);
  EXPECT_EQ(least.each, 1000s);
  EXPECT_EQ(least.slack, 0s);
  EXPECT_EQ(RateLimit::of_rate(-kInfinity, -1).each, 1000s);
}

TEST(RateLimit, IsTheSameFromTheFirstMomentOfTheClock) {
  const auto rate = RateLimit::of_rate(100, 2);
  RateLimit limit;
  EXPECT_TRUE(limit.take(rate, RateLimit::Time(0s)));
  EXPECT_TRUE(limit.take(rate, RateLimit::Time(0s)));
  EXPECT_FALSE(limit.take(rate, RateLimit::Time(0s)));
  EXPECT_TRUE(limit.take(rate, RateLimit::Time(10ms)));
}

}  // namespace
}  // namespace kymo::KYMO_ABI::probe
