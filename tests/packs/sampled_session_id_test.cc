#include <kymo/packs/sampled_session_id.h>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <cmath>
#include <string>
#include <thread>
#include <vector>

namespace kymo::KYMO_ABI::packs {
namespace {

TEST(SampledSessionId, ShowsTheFirstEightBytesOfTheHash) {
  EXPECT_EQ(sampled_session_id("abc", 1), "ba7816bf8f01cfea");
  EXPECT_EQ(sampled_session_id("abc", 0), "ba7816bf8f01cfea");
  EXPECT_EQ(sampled_session_id("abc", -5), "ba7816bf8f01cfea");
}

TEST(SampledSessionId, AnEmptyIdStaysEmptyAtAnyRate) {
  for (const std::int64_t rate : {-1, 0, 1, 2, 1000}) EXPECT_EQ(sampled_session_id("", rate), "");
}

TEST(SampledSessionId, TakesAboutOneInRate) {
  constexpr int kSessions = 20'000;
  for (const std::int64_t rate : {2, 10, 100}) {
    int taken = 0;
    for (int i = 0; i < kSessions; ++i) {
      taken += sampled_session_id("session-" + std::to_string(i), rate) != kSampledOut ? 1 : 0;
    }
    const double expected = static_cast<double>(kSessions) / static_cast<double>(rate);
    EXPECT_NEAR(taken, expected, 5 * std::sqrt(expected)) << "rate " << rate;
  }
}

RC_GTEST_PROP(SampledSessionId, TheSameIdIsAlwaysInOrAlwaysOut, (const std::string& raw)) {
  const auto rate = *rc::gen::inRange<std::int64_t>(2, 50);
  const std::string first = sampled_session_id(raw, rate);
  RC_ASSERT(sampled_session_id(raw, rate) == first);
  RC_ASSERT(raw.empty() || first == kSampledOut || first == sampled_session_id(raw, 1));
}

TEST(SampledSessionId, ManyThreadsAgree) {
  std::array<std::vector<std::string>, 4> seen;
  std::vector<std::thread> threads;
  for (auto& mine : seen) {
    threads.emplace_back([&mine] {
      for (int i = 0; i < 2000; ++i) mine.push_back(sampled_session_id(std::to_string(i), 7));
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& other : seen) EXPECT_EQ(other, seen.front());
}

}  // namespace
}  // namespace kymo::KYMO_ABI::packs
