#include <kymo/packs/sampled_session_id.h>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "sha256.h"

namespace kymo::packs {
namespace {

std::string hex(const Sha256Digest& digest) {
  std::string text;
  for (const std::uint8_t byte : digest) {
    std::array<char, 3> two{};
    (void)std::snprintf(two.data(), two.size(), "%02x", byte);
    text += two.data();
  }
  return text;
}

// Examples of NIST for FIPS 180-4, and its long message.
TEST(Sha256, AgreesWithTheStandardsExamples) {
  EXPECT_EQ(hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(hex(sha256("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
                       "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu")),
            "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
  EXPECT_EQ(hex(sha256(std::string(1'000'000, 'a'))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

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
}  // namespace kymo::packs
