#include <kymo/monitor/session_feed.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <kymo/core/registry.h>
#include <kymo/core/snapshot.h>

namespace kymo {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

constexpr std::string_view kTraceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// A client that takes everything; messages may come on any thread.
class Transport final : public net::WebSocketConnection {
 public:
  bool send(std::shared_ptr<const std::string> message) override {
    const std::lock_guard lock(mutex_);
    messages_.push_back(*message);
    came_.notify_all();
    return true;
  }
  bool send(std::shared_ptr<const std::string> payload, net::WebSocketMessage /*kind*/) override {
    return send(std::move(payload));
  }
  void close(net::WebSocketClose code, std::string_view /*reason*/) override { closed = code; }
  [[nodiscard]] bool is_open() const noexcept override { return !closed; }

  /// As many messages, in a time that no working machine needs.
  std::vector<std::string> wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    came_.wait_for(lock, std::chrono::seconds(20), [&] { return messages_.size() >= count; });
    return messages_;
  }

  std::optional<net::WebSocketClose> closed;

 private:
  std::mutex mutex_;
  std::condition_variable came_;
  std::vector<std::string> messages_;
};

/// Follows a session through a feed's route; takes one message, and the next ones when told to.
class Following final {
 public:
  Following(SessionFeed& feed, std::string id, std::string_view traceparent = {}) {
    const live::Route route = feed.route();
    net::HttpRequest request;
    request.path_parameters = {{"id", std::move(id)}};
    request.header = [=](std::string_view name) {
      return name == "traceparent" ? traceparent : std::string_view();
    };
    handler = route.handle(request).websocket;
    handler->on_open(transport);
  }
  Following(const Following&) = delete;
  Following& operator=(const Following&) = delete;
  ~Following() { handler->on_close(net::WebSocketClose::normal); }

  std::shared_ptr<Transport> transport = std::make_shared<Transport>();
  std::shared_ptr<net::WebSocketHandler> handler;
};

TEST(SessionFeed, TellsEachSecondUntilTheSessionEnds) {
  Registry registry;
  packs::SessionStreams streams(registry, {.interval = std::chrono::milliseconds(5)});
  SessionFeed feed(registry, streams);
  auto session = streams.begin({.ids = {.session_id = "anna", .traceparent = std::string(kTraceparent)}});
  const auto mic = session->source({.name = "mic"});
  Following client(feed, "anna");
  for (std::size_t count = 1; count <= 3; ++count) {
    EXPECT_THAT(client.transport->wait_for(count).back(),
                AllOf(HasSubstr(R"("type":"metrics")"), HasSubstr(kTraceparent)));
    client.handler->on_writable();
  }
  session.end();
  // One message may be on its way already, and one may wait behind it.
  std::size_t count = 4;
  while (count < 7 && client.transport->wait_for(count).back().find(R"("type":"end")") == std::string::npos) {
    client.handler->on_writable();
    ++count;
  }
  EXPECT_THAT(client.transport->wait_for(count).back(), HasSubstr(R"("type":"end")"));
  EXPECT_FALSE(client.transport->closed);
  client.handler->on_writable();
  EXPECT_EQ(client.transport->closed, net::WebSocketClose::normal);
}

TEST(SessionFeed, AnApplicationThatTicksItselfHandsOnWhatItIsGiven) {
  Registry registry;
  packs::SessionStreams streams(registry);
  SessionFeed feed(registry, streams, {.ticks = false});
  auto session = streams.begin({.ids = {.session_id = "anna"}});
  const auto mic = session->source({.name = "mic", .queue_max = 1});
  const auto speaker = session->source({.name = "speaker"});
  std::vector<packs::SendResult> results;
  const auto tick = [&] {
    streams.tick(packs::StreamTime::now(), [&](const packs::StreamMessage& message) {
      results.push_back(feed.deliver(message));
      return results.back();
    });
  };
  tick();
  EXPECT_THAT(results, testing::Each(packs::SendResult::unwanted));
  Following client(feed, "anna");
  mic->queued({.bytes = 640, .audio = std::chrono::milliseconds(20)});
  results.clear();
  tick();
  EXPECT_THAT(results, AllOf(SizeIs(3), testing::Each(packs::SendResult::sent)));
  client.handler->on_writable();
  client.handler->on_writable();
  const auto messages = client.transport->wait_for(3);
  ASSERT_THAT(messages, SizeIs(3));
  EXPECT_THAT(messages[0], HasSubstr(R"("state":"overloaded")"));
  EXPECT_THAT(messages[2], HasSubstr(R"("source":"speaker")"));
  const auto snapshot = registry.snapshot();
  EXPECT_EQ(to_double(snapshot->find("kymo_session_clients", {})->number), 1);
  EXPECT_EQ(to_double(snapshot->find("kymo_session_messages_sent_total", {})->number), 3);
}

TEST(SessionFeed, AnObserversTraceIsNotTheSessions) {
  Registry registry;
  packs::SessionStreams streams(registry);
  SessionFeed feed(registry, streams, {.ticks = false});
  auto session = streams.begin({.ids = {.session_id = "anna"}});
  const auto mic = session->source({.name = "mic"});
  const Following observer(feed, "anna", kTraceparent);
  streams.tick(packs::StreamTime::now(),
               [&](const packs::StreamMessage& message) { return feed.deliver(message); });
  EXPECT_THAT(observer.transport->wait_for(1), ElementsAre(Not(HasSubstr("traceparent"))));
  EXPECT_EQ(session->ids().traceparent, "");
}

TEST(SessionFeed, AClientThatComesLateIsToldOfAQueueThatIsTooFull) {
  Registry registry;
  packs::SessionStreams streams(registry);
  SessionFeed feed(registry, streams, {.ticks = false});
  auto session = streams.begin({.ids = {.session_id = "anna"}});
  const auto mic = session->source({.name = "mic", .queue_max = 100});
  const auto calm = session->source({.name = "calm", .queue_max = 100});
  for (int i = 0; i < 88; ++i) mic->queued({.bytes = 640, .audio = std::chrono::milliseconds(20)});
  const auto tick = [&] {
    streams.tick(packs::StreamTime::now(),
                 [&](const packs::StreamMessage& message) { return feed.deliver(message); });
  };
  tick();
  const Following late(feed, "anna");
  EXPECT_THAT(late.transport->wait_for(1),
              ElementsAre(AllOf(HasSubstr(R"("type":"status")"), HasSubstr(R"("source":"mic")"),
                                HasSubstr(R"("state":"buffering","queue_fill_ratio":0.88)"))));
  for (int i = 0; i < 20; ++i) mic->taken({.bytes = 640, .audio = std::chrono::milliseconds(20)});
  const Following later(feed, "anna");
  tick();
  EXPECT_THAT(later.transport->wait_for(1).front(), HasSubstr(R"("type":"metrics")"));
}

TEST(SessionFeed, MayGoBeforeItsSessions) {
  Registry registry;
  packs::SessionStreams streams(registry);
  auto session = streams.begin({.ids = {.session_id = "anna"}});
  auto feed = std::make_unique<SessionFeed>(registry, streams);
  const Following client(*feed, "anna");
  feed.reset();
  EXPECT_EQ(client.transport->closed, net::WebSocketClose::going_away);
  session.end();
}

}  // namespace
}  // namespace kymo
