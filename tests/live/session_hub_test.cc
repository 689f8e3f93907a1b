#include <kymo/live/session_hub.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "live_fixture.h"

namespace kymo::KYMO_ABI::live::test {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

SessionHub::Text text(std::string content) { return std::make_shared<const std::string>(std::move(content)); }

/// A connection that follows a session; takes what it is sent when the test says so.
class Follower final {
 public:
  explicit Follower(std::shared_ptr<net::WebSocketHandler> handler) : handler_(std::move(handler)) {
    handler_->on_open(connection);
  }
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;
  ~Follower() { handler_->on_close(net::WebSocketClose::normal); }

  void say(std::string_view message) const { handler_->on_message(message, net::WebSocketMessage::text); }
  /// Takes all that is sent to it.
  std::vector<std::string> take() {
    std::vector<std::string> taken;
    while (connection->writing != nullptr) {
      taken.push_back(*std::exchange(connection->writing, nullptr));
      handler_->on_writable();
    }
    return taken;
  }

  std::shared_ptr<FakeConnection> connection = std::make_shared<FakeConnection>();

 private:
  std::shared_ptr<net::WebSocketHandler> handler_;
};

class SessionHubTest : public testing::Test {
 protected:
  system::ManualClock clock_;
  std::set<std::string, std::less<>> sessions_ = {"a", "b"};
  std::vector<SessionMessage> standing_;
  bool standing_fails_ = false;
  std::vector<std::string> asked_;
  std::unique_ptr<SessionHub> hub_ = std::make_unique<SessionHub>(
      SessionHubParts{.goes_on = [this](std::string_view id) { return sessions_.contains(id); },
                      .standing =
                          [this](std::string_view id) {
                            asked_.emplace_back(id);
                            if (standing_fails_) throw std::runtime_error("no memory");
                            return standing_;
                          },
                      .clock = clock_});
};

TEST_F(SessionHubTest, TellsWhoFollowsThatSession) {
  Follower one(hub_->make_client("a"));
  Follower two(hub_->make_client("a"));
  Follower other(hub_->make_client("b"));
  EXPECT_TRUE(hub_->is_followed("a"));
  EXPECT_FALSE(hub_->is_followed("c"));
  const auto message = text("1");
  hub_->tell("a", "metrics mic", message);
  EXPECT_EQ(one.connection->writing, message) << "one text for all";
  EXPECT_EQ(two.connection->writing, message);
  EXPECT_THAT(other.take(), IsEmpty());
  EXPECT_EQ(hub_->statistics().clients, 3U);
  EXPECT_EQ(hub_->statistics().messages_sent, 2U);
}

TEST_F(SessionHubTest, AClientThatIsBehindGetsTheNewestOfEachKind) {
  Follower slow(hub_->make_client("a"));
  hub_->tell("a", "metrics mic", text("m1"));
  hub_->tell("a", "status mic", text("s1"));
  for (int i = 2; i <= 5; ++i) hub_->tell("a", "metrics mic", text("m" + std::to_string(i)));
  hub_->tell("a", "metrics speaker", text("x5"));
  EXPECT_THAT(slow.take(), ElementsAre("m1", "s1", "m5", "x5"));
  EXPECT_EQ(hub_->statistics().messages_conflated, 3U);
}

TEST_F(SessionHubTest, WhatWaitsForAClientIsBounded) {
  Follower stuck(hub_->make_client("a"));
  for (int i = 0; i < 1000; ++i) hub_->tell("a", "metrics " + std::to_string(i), text(std::to_string(i)));
  const auto taken = stuck.take();
  EXPECT_EQ(taken.size(), 65U) << "one that is written, and 64";
  EXPECT_EQ(taken.back(), "999");
}

TEST(SessionHub, PatienceWithoutEndClosesNobody) {
  system::ManualClock clock;
  SessionHub hub({.goes_on = [](std::string_view) { return true; },
                  .clock = clock,
                  .patience = std::chrono::milliseconds::max()});
  Follower stuck(hub.make_client("a"));
  for (int i = 0; i < 3; ++i) {
    hub.tell("a", "metrics mic", text("m"));
    clock.advance(std::chrono::hours(24));
  }
  EXPECT_EQ(stuck.connection->closed, std::nullopt);
  EXPECT_EQ(hub.statistics().slow_closed, 0U);
}

TEST_F(SessionHubTest, AClientThatTakesTooLongIsClosed) {
  Follower stuck(hub_->make_client("a"));
  Follower fast(hub_->make_client("a"));
  for (int second = 0; second < 10; ++second) {
    hub_->tell("a", "metrics mic", text("m"));
    fast.take();
    EXPECT_FALSE(stuck.connection->closed);
    clock_.advance(seconds(1));
  }
  hub_->tell("a", "metrics mic", text("m"));
  EXPECT_EQ(stuck.connection->closed, net::WebSocketClose::try_later);
  EXPECT_EQ(stuck.connection->reason, "too slow: this client needs more than 10 s to receive a message");
  EXPECT_FALSE(fast.connection->closed);
  EXPECT_EQ(hub_->statistics().slow_closed, 1U);
  hub_->tell("a", "metrics mic", text("m"));
  EXPECT_EQ(hub_->statistics().slow_closed, 1U);
}

TEST_F(SessionHubTest, ASessionThatEndsSaysSoAndCloses) {
  Follower fast(hub_->make_client("a"));
  Follower slow(hub_->make_client("a"));
  hub_->tell("a", "metrics mic", text("m"));
  fast.take();
  sessions_.erase("a");
  hub_->end("a", text("end"));
  EXPECT_FALSE(hub_->is_followed("a"));
  EXPECT_THAT(fast.take(), ElementsAre("end"));
  EXPECT_EQ(fast.connection->closed, net::WebSocketClose::normal);
  EXPECT_FALSE(slow.connection->closed) << "not before it has what it waits for";
  EXPECT_THAT(slow.take(), ElementsAre("m", "end"));
  EXPECT_EQ(slow.connection->closed, net::WebSocketClose::normal);
}

TEST_F(SessionHubTest, AnotherSessionOfTheSameIdGoesOn) {
  Follower client(hub_->make_client("a"));
  hub_->end("a", text("end"));
  hub_->tell("a", "metrics mic", text("m"));
  EXPECT_THAT(client.take(), ElementsAre("end", "m"));
  EXPECT_FALSE(client.connection->closed);
}

TEST_F(SessionHubTest, ASessionThatEndsDuringAHandshakeSaysSoOnceItIsDone) {
  Follower early(hub_->make_client("a"));
  const auto handler = hub_->make_client("a");
  sessions_.erase("a");
  hub_->end("a", text("end"));
  Follower late(handler);
  EXPECT_THAT(late.take(), ElementsAre("end"));
  EXPECT_EQ(late.connection->closed, net::WebSocketClose::normal);
  EXPECT_EQ(late.connection->reason, "the session has ended");
  EXPECT_FALSE(hub_->is_followed("a"));
}

TEST_F(SessionHubTest, AConnectionMayOpenBetweenASessionsEndAndItsReport) {
  const auto handler = hub_->make_client("a");
  sessions_.erase("a");
  Follower late(handler);
  EXPECT_FALSE(late.connection->closed);
  hub_->end("a", text("end"));
  EXPECT_THAT(late.take(), ElementsAre("end"));
  EXPECT_EQ(late.connection->closed, net::WebSocketClose::normal);
}

TEST_F(SessionHubTest, AHandshakeThatFailsIsForgotten) {
  auto handler = hub_->make_client("a");
  EXPECT_TRUE(hub_->is_followed("a"));
  handler.reset();
  EXPECT_FALSE(hub_->is_followed("a"));
  EXPECT_EQ(hub_->statistics().clients, 0U);
}

TEST_F(SessionHubTest, AClientGetsFirstWhatItMissedAndStillHolds) {
  standing_ = {{"status mic", text("s1")}, {"status speaker", text("s2")}};
  Follower late(hub_->make_client("a"));
  hub_->tell("a", "metrics mic", text("m1"));
  EXPECT_THAT(late.take(), ElementsAre("s1", "s2", "m1"));
  EXPECT_THAT(asked_, ElementsAre("a"));
}

TEST_F(SessionHubTest, AClientFollowsThoughNobodyCanTellWhatItMissed) {
  standing_fails_ = true;
  Follower late(hub_->make_client("a"));
  hub_->tell("a", "metrics mic", text("m1"));
  EXPECT_THAT(late.take(), ElementsAre("m1"));
}

TEST_F(SessionHubTest, AnswersAPingAndSaysWhatItDoesNotTake) {
  Follower client(hub_->make_client("a"));
  client.say(R"({"type":"ping","id":7})");
  EXPECT_THAT(client.take(), ElementsAre(HasSubstr(R"({"type":"pong","id":7,"time":)")));
  client.say(R"({"type":"ping"})");
  EXPECT_THAT(client.take(), ElementsAre(HasSubstr(R"({"type":"pong","time":)")));
  client.say(R"({"type":"subscribe"})");
  EXPECT_THAT(client.take(), ElementsAre(HasSubstr("has no options")));
  for (int i = 0; i < 9; ++i) client.say("{");
  EXPECT_EQ(client.connection->closed, net::WebSocketClose::not_allowed);
  EXPECT_EQ(hub_->statistics().messages_refused, 10U);
}

TEST_F(SessionHubTest, ConnectionsMayOutliveIt) {
  auto never_opened = hub_->make_client("a");
  Follower client(hub_->make_client("a"));
  hub_.reset();
  EXPECT_EQ(client.connection->closed, net::WebSocketClose::going_away);
  client.say(R"({"type":"ping"})");
  Follower late(std::move(never_opened));
  EXPECT_EQ(late.connection->closed, net::WebSocketClose::going_away);
}

TEST_F(SessionHubTest, WhoLeavesIsForgotten) {
  {
    const Follower client(hub_->make_client("a"));
  }
  EXPECT_FALSE(hub_->is_followed("a"));
  EXPECT_EQ(hub_->statistics().clients, 0U);
}

TEST_F(SessionHubTest, TheRouteKnowsNoSessionThatDoesNotGoOn) {
  const Route route = session_socket_route(*hub_);
  net::HttpRequest request;
  request.header = [](std::string_view) { return std::string_view(); };
  request.path_parameters = {{"id", "c"}};
  const auto refused = route.handle(request);
  EXPECT_EQ(refused.status, 404);
  EXPECT_EQ(refused.websocket, nullptr);
  EXPECT_THAT(refused.body.text(), HasSubstr(R"(no session \"c\" goes on)"));
  request.path_parameters = {{"id", "a"}};
  EXPECT_NE(route.handle(request).websocket, nullptr);
}

}  // namespace
}  // namespace kymo::KYMO_ABI::live::test
