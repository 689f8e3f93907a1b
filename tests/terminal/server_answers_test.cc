#include <kymo/terminal/server_answers.h>

#include <cmath>
#include <thread>

#include <gtest/gtest.h>

#include <kymo/terminal/feeds.h>

namespace kymo::KYMO_ABI::terminal {
namespace {

using namespace std::chrono_literals;

TEST(ServerAnswers, WhatIsNoAnswerIsNothing) {
  for (const char* text : {"", "{", "[]", "3", "{}", R"({"peers":3,"sessions":{},"functions":null})"}) {
    EXPECT_FALSE(parse_peers(text)) << text;
    EXPECT_FALSE(parse_past_sessions(text)) << text;
    EXPECT_FALSE(parse_profile(text)) << text;
  }
}

TEST(ServerAnswers, WhatIsMissingOrOfAnotherTypeIsNotKnown) {
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

TEST(ServerAnswers, ASessionMayHaveBeenCutOff) {
  const auto sessions = parse_past_sessions(
      R"({"sessions":[{"session_id":"s","start_time":"2025-11-24T16:00:00.000Z","end_time":"2025-11-24T16:01:00.000Z","interrupted":true}]})");
  ASSERT_TRUE(sessions);
  EXPECT_TRUE(sessions->front().is_interrupted);
  EXPECT_EQ(sessions->front().start, 1764000000);
}

TEST(ServerAnswers, TrafficThatNobodyToldOfIsNotKnown) {
  const std::string rates = R"("bandwidth":{"sent_bytes_per_second":0,"received_bytes_per_second":0}})";
  const auto peers = parse_peers(R"({"peers":[{"bytes_sent":0,"packets_received":0,)" + rates +
                                 R"(,{"bytes_received":7,)" + rates + "]}");
  ASSERT_TRUE(peers);
  EXPECT_TRUE(std::isnan(peers->rows[0].sent));
  EXPECT_EQ(peers->rows[1].sent, 0) << "it is idle";
}

TEST(ServerAnswers, NoMoreRowsThanSomebodyWouldLookThrough) {
  std::string rows = "{}";
  for (int i = 0; i < 10'100; ++i) rows += ",{}";
  EXPECT_EQ(parse_peers(R"({"peers":[)" + rows + "]}")->rows.size(), 10'000U);
}

TEST(ServerAnswers, TheNetworkMayBeUnknown) {
  Peers peers;
  take_network(R"({"score":80.5,"grade":"B"})", peers);
  EXPECT_EQ(peers.score, 80.5);
  EXPECT_EQ(peers.grade, "B");
  take_network("", peers);
  EXPECT_TRUE(std::isnan(peers.score));
  EXPECT_EQ(peers.grade, "");
}

TEST(ViewRequestsTest, ANewPageIsToldAtOnceAndAnOrderOnce) {
  ViewRequests requests;
  std::thread user([&] {
    requests.order(ProfilerOrder::toggle);
    requests.show(Page::profile);
  });
  user.join();
  const auto request = requests.wait(1h);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->page, Page::profile);
  EXPECT_EQ(request->order, ProfilerOrder::toggle);
  const auto again = requests.wait(0ms);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->page, Page::profile);
  EXPECT_EQ(again->order, ProfilerOrder::none);
}

TEST(ViewRequestsTest, TheEndIsForEver) {
  ViewRequests requests;
  std::thread asker([&] {
    while (requests.wait(1h)) {
    }
  });
  requests.show(Page::peers);
  requests.end();
  asker.join();
  requests.show(Page::series);
  EXPECT_FALSE(requests.wait(1h));
}

}  // namespace
}  // namespace kymo::KYMO_ABI::terminal
