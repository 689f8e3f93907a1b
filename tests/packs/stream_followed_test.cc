#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

#include <kymo/core/registry.h>
#include <kymo/packs/stream_sessions.h>

#include "tests/packs/stream_figures.h"
#include "tests/packs/stream_time.h"

namespace kymo::KYMO_ABI::packs {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::SizeIs;

class FollowedSessionsTest : public testing::Test {
 protected:
  SessionStreams::Session begin(const std::string& id, SessionOptions options = {}) {
    options.ids.session_id = id;
    return streams_.begin(std::move(options), at(seconds(0)));
  }
  double value(std::string_view name) { return figure(registry_, name); }
  double faults(std::string_view kind) { return stream_faults(registry_, kind); }

  Registry registry_;
  SessionStreams streams_{registry_, {.max_sessions = 5}};
};

TEST_F(FollowedSessionsTest, AnEndIsToldOnceAfterAllElse) {
  std::vector<EndMessage> ends;
  streams_.on_end([&](const EndMessage& message) {
    ends.push_back(message);
    EXPECT_FALSE(streams_.goes_on(message.ids.session_id));
  });
  auto a = begin("a");
  auto b = begin("b");
  EXPECT_TRUE(streams_.goes_on("a"));
  a.end(at(milliseconds(2500)));
  a.end(at(seconds(9)));
  ASSERT_THAT(ends, SizeIs(1));
  EXPECT_EQ(ends[0].ids.session_id, "a");
  EXPECT_EQ(ends[0].age_seconds, 2.5);
  EXPECT_EQ(to_json(ends[0]),
            R"({"type":"end","timestamp":2.5,"session_id":"a","attempt_id":"","connection_id":"",)"
            R"("provider":"","model_id":"","vad_enabled":false,"age_seconds":2.5})");
  streams_.on_end(nullptr);
  b.end();
  EXPECT_THAT(ends, SizeIs(1));
}

TEST_F(FollowedSessionsTest, WhoIsToldOfAnEndMayEndAnotherSessionAndMayFail) {
  auto a = begin("a");
  auto b = begin("b");
  int told = 0;
  streams_.on_end([&](const EndMessage& message) {
    ++told;
    if (message.ids.session_id == "a") b.end();
    throw std::runtime_error("no memory");
  });
  a.end();
  EXPECT_EQ(told, 2);
  EXPECT_EQ(streams_.size(), 0U);
  EXPECT_EQ(value("kymo_stream_send_failures_total"), 2);
  EXPECT_EQ(faults("send"), 2);
  streams_.on_end(nullptr);
}

TEST_F(FollowedSessionsTest, ASessionBeyondTheLimitHasNoEnd) {
  std::vector<SessionStreams::Session> sessions;
  for (int i = 0; i < 6; ++i) sessions.push_back(begin(std::to_string(i)));
  EXPECT_FALSE(streams_.goes_on("5"));
  int told = 0;
  streams_.on_end([&](const EndMessage&) { ++told; });
  sessions.clear();
  EXPECT_EQ(told, 5);
  streams_.on_end(nullptr);
}

TEST_F(FollowedSessionsTest, WhatNobodyAskedForIsNeitherSentNorLost) {
  auto a = begin("a");
  const auto mic = a->source({.name = "mic"});
  int delivered = 0;
  streams_.tick(at(seconds(1)), [&](const StreamMessage&) {
    ++delivered;
    return SendResult::unwanted;
  });
  EXPECT_EQ(delivered, 1);
  EXPECT_EQ(value("kymo_stream_messages_sent_total"), 0);
  EXPECT_EQ(value("kymo_stream_messages_dropped_total"), 0);
}

TEST_F(FollowedSessionsTest, ATraceparentThatIsOfferedDoesNotTakeTheApplicationsPlace) {
  const std::string own = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const std::string offered = "00-11111111111111111111111111111111-2222222222222222-00";
  auto a = begin("a", {.ids = {.session_id = {}, .traceparent = own}});
  auto b = begin("b");
  streams_.offer_traceparent("b", "00-11111111111111111111111111111111-2222222222222222");
  streams_.offer_traceparent("b", offered + std::string(300, '0'));
  EXPECT_EQ(b->ids().traceparent, "");
  for (const char* id : {"a", "b", "c"}) streams_.offer_traceparent(id, offered);
  EXPECT_EQ(a->ids().traceparent, own);
  EXPECT_EQ(b->ids().traceparent, offered);
  EXPECT_FALSE(b->offer_traceparent(own));
  b->set_traceparent(own);
  EXPECT_EQ(b->ids().traceparent, own);
}

}  // namespace
}  // namespace kymo::KYMO_ABI::packs
