#include <kymo/terminal/asked.h>

#include <cmath>
#include <thread>

#include <gtest/gtest.h>

#include <kymo/terminal/wishes.h>

namespace kymo::KYMO_ABI::terminal {
namespace {

using namespace std::chrono_literals;

TEST(Asked, WhatIsNoAnswerIsNothing) {
  for (const char* text : {"", "{", "[]", "3", "{}", R"({"peers":3,"sessions":{},"functions":null})"}) {
    EXPECT_FALSE(parse_peers(text)) << text;
    EXPECT_FALSE(parse_past_sessions(text)) << text;
    EXPECT_FALSE(parse_profile(text)) << text;
  }
}

TEST(Asked, WhatIsMissingOrOfAnotherTypeIsNotKnown) {
  const auto peers = parse_peers(R"({"peers":[{"peer_id":7,"latency_ms":5,"path":"A"},"no object",{}]})");
  ASSERT_TRUE(peers);
  ASSERT_EQ(peers->rows.size(), 2U);
  EXPECT_EQ(peers->rows[0].id, "7");
  EXPECT_TRUE(std::isnan(peers->rows[0].latency_ms));
  EXPECT_EQ(peers->rows[0].grade, "");
  const auto sessions = parse_past_sessions(R"({"sessions":[{"peers":"p","end_time":null}]})");
  ASSERT_TRUE(sessions);
  EXPECT_EQ(sessions->front().peers, 0);
  EXPECT_FALSE(sessions->front().is_over);
  EXPECT_FALSE(sessions->front().is_interrupted);
  EXPECT_TRUE(std::isnan(sessions->front().start));
  const auto profile =
      parse_profile(R"({"enabled":1,"functions":[{"name":"a"},{"name":"b"}],"slow":["b",1]})");
  ASSERT_TRUE(profile);
  EXPECT_FALSE(profile->is_on);
  EXPECT_FALSE(profile->rows[0].is_slow);
  EXPECT_TRUE(profile->rows[1].is_slow);
}

TEST(Asked, ASessionMayHaveBeenCutOff) {
  const auto sessions = parse_past_sessions(
      R"({"sessions":[{"session_id":"s","start_time":"2025-11-24T16:00:00.000Z","end_time":"2025-11-24T16:01:00.000Z","interrupted":true}]})");
  ASSERT_TRUE(sessions);
  EXPECT_TRUE(sessions->front().is_interrupted);
  EXPECT_EQ(sessions->front().start, 1764000000);
}

TEST(Asked, TrafficThatNobodyToldOfIsNotKnown) {
  const std::string rates = R"("bandwidth":{"sent_bytes_per_second":0,"received_bytes_per_second":0}})";
  const auto peers = parse_peers(R"({"peers":[{"bytes_sent":0,"packets_received":0,)" + rates +
                                 R"(,{"bytes_received":7,)" + rates + "]}");
  ASSERT_TRUE(peers);
  EXPECT_TRUE(std::isnan(peers->rows[0].sent));
  EXPECT_EQ(peers->rows[1].sent, 0) << "it is idle";
}

TEST(Asked, NoMoreRowsThanSomebodyWouldLookThrough) {
  std::string rows = "{}";
  for (int i = 0; i < 10'100; ++i) rows += ",{}";
  EXPECT_EQ(parse_peers(R"({"peers":[)" + rows + "]}")->rows.size(), 10'000U);
}

TEST(Asked, TheNetworkMayBeUnknown) {
  Peers peers;
  take_network(R"({"score":80.5,"grade":"B"})", peers);
  EXPECT_EQ(peers.score, 80.5);
  EXPECT_EQ(peers.grade, "B");
  take_network("", peers);
  EXPECT_TRUE(std::isnan(peers.score));
  EXPECT_EQ(peers.grade, "");
}

TEST(WishesTest, ANewPageIsToldAtOnceAndAnOrderOnce) {
  Wishes wishes;
  std::thread user([&] {
    wishes.order(ProfilerOrder::toggle);
    wishes.show(Page::profile);
  });
  user.join();
  const auto wish = wishes.wait(1h);
  ASSERT_TRUE(wish);
  EXPECT_EQ(wish->page, Page::profile);
  EXPECT_EQ(wish->order, ProfilerOrder::toggle);
  const auto again = wishes.wait(0ms);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->page, Page::profile);
  EXPECT_EQ(again->order, ProfilerOrder::none);
}

TEST(WishesTest, TheEndIsForEver) {
  Wishes wishes;
  std::thread asker([&] {
    while (wishes.wait(1h)) {
    }
  });
  wishes.show(Page::peers);
  wishes.end();
  asker.join();
  wishes.show(Page::series);
  EXPECT_FALSE(wishes.wait(1h));
}

}  // namespace
}  // namespace kymo::KYMO_ABI::terminal
