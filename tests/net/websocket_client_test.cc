// A WebSocket that is kept: lost, it is opened again, and ends when it is told to.
#include <kymo/net/websocket_client.h>

#include <atomic>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <kymo/net/websocket.h>

#include "server_fixture.h"

namespace kymo::KYMO_ABI::net {
namespace {

using test::eventually;
using test::start_server;
using testing::ElementsAre;
using testing::HasSubstr;

HttpServerOptions at(const Endpoint& endpoint) {
  HttpServerOptions options;
  options.listen = endpoint;
  return options;
}

/// Says hello, sends back what comes, and closes when asked to.
class Echo final : public WebSocketHandler {
 public:
  void on_open(std::shared_ptr<WebSocketConnection> connection) override {
    connection_ = std::move(connection);
    say("hello");
  }
  void on_message(std::string_view payload, WebSocketMessage /*kind*/) override {
    if (payload == "close, please") return connection_->close(WebSocketClose::going_away, "as you wish");
    say(std::string(payload));
  }
  void on_writable() override {
    if (!waiting_.empty() && connection_->send(waiting_.front())) waiting_.pop_front();
  }
  void on_close(WebSocketClose /*code*/) override {}

 private:
  void say(std::string text) {
    waiting_.push_back(std::make_shared<const std::string>(std::move(text)));
    on_writable();
  }
  std::shared_ptr<WebSocketConnection> connection_;
  std::deque<std::shared_ptr<const std::string>> waiting_;
};

HttpResponse echo(const HttpRequest& request) {
  HttpResponse response;
  if (request.path == "/ws") {
    response.websocket = std::make_shared<Echo>();
  } else {
    response.status = 404;
  }
  return response;
}

/// A client that runs while this lives, and what it told.
class Running final {
 public:
  Running(const ClientUrl& url, const std::string& target, ClientOptions options = {})
      : client_(url, target, std::move(options),
                {[this] { note("opened"); }, [this](std::string_view text) { hear(text); },
                 [this](const ClientError& why, std::chrono::milliseconds) {
                   note(std::string("lost: ") + why.what());
                 }}),
        thread_([this] { client_.run(); }) {}
  ~Running() {
    client_.interrupt();
    thread_.join();
  }

  std::vector<std::string> notes() {
    const std::lock_guard lock(mutex_);
    return notes_;
  }
  /// What it answers to a text.
  void answer(const std::string& to, const std::string& with) {
    const std::lock_guard lock(mutex_);
    answers_[to] = with;
  }

 private:
  void note(std::string text) {
    const std::lock_guard lock(mutex_);
    notes_.push_back(std::move(text));
  }
  void hear(std::string_view text) {
    note("heard " + std::string(text));
    std::string answer;
    {
      const std::lock_guard lock(mutex_);
      answer = std::exchange(answers_[std::string(text)], "");
    }
    if (!answer.empty()) client_.send(answer);
  }

  std::mutex mutex_;
  std::vector<std::string> notes_;
  std::map<std::string, std::string> answers_{{"hello", "once"}, {"once", "close, please"}};
  WebsocketClient client_;
  std::thread thread_;
};

TEST(WebsocketClient, OpensAgainWhenTheServerClosed) {
  const auto server = start_server(echo);
  Running running(ClientUrl::parse(server->endpoint().to_string()), "/ws");
  ASSERT_TRUE(eventually([&] { return running.notes().size() >= 6; }));
  auto notes = running.notes();
  notes.resize(6);
  EXPECT_THAT(notes, ElementsAre("opened", "heard hello", "heard once",
                                 "lost: " + server->endpoint().to_string() +
                                     " closed the connection: it is stopping: as you wish",
                                 "opened", "heard hello"))
      << "the reason is told, and then it goes on";
}

TEST(WebsocketClient, FindsAServerThatComesBack) {
  auto server = start_server(echo);
  const Endpoint endpoint = server->endpoint();
  server.reset();
  Running running(ClientUrl::parse(endpoint.to_string()), "/ws");
  ASSERT_TRUE(eventually([&] { return !running.notes().empty(); }));
  EXPECT_THAT(running.notes()[0], HasSubstr("connection refused"));
  server = start_server(echo, at(endpoint));
  EXPECT_TRUE(eventually([&] {
    const auto notes = running.notes();
    return std::find(notes.begin(), notes.end(), "heard hello") != notes.end();
  }));
}

TEST(WebsocketClient, SaysWhatAnAnswerThatIsNoMeans) {
  const auto server = start_server(echo);
  Running running(ClientUrl::parse(server->endpoint().to_string()), "/elsewhere");
  ASSERT_TRUE(eventually([&] { return !running.notes().empty(); }));
  EXPECT_THAT(running.notes()[0], HasSubstr("has no such path (404)"));
}

TEST(WebsocketClient, TakesNoMessageOverItsLimit) {
  const auto server = start_server(echo);
  Running running(ClientUrl::parse(server->endpoint().to_string()), "/ws", {.max_bytes = 4});
  ASSERT_TRUE(eventually([&] { return running.notes().size() >= 2; }));
  EXPECT_THAT(running.notes()[1], HasSubstr("more than 4 bytes"));
}

TEST(WebsocketClient, EndsAtOnceWhileItWaits) {
  // Not reachable, and the wait is then half a second at least: the test is over before, or hangs for good.
  Running running(ClientUrl::parse("127.0.0.1:1"), "/ws");
  ASSERT_TRUE(eventually([&] { return !running.notes().empty(); }));
}

TEST(BackOff, DoublesToTenSecondsWithChance) {
  EXPECT_EQ(back_off(0, 0.5).count(), 500);
  EXPECT_EQ(back_off(1, 0.5).count(), 1000);
  EXPECT_EQ(back_off(5, 0.5).count(), 10'000);
  EXPECT_EQ(back_off(1000, 0).count(), 7500);
  EXPECT_EQ(back_off(1000, 1).count(), 12'500);
}

}  // namespace
}  // namespace kymo::KYMO_ABI::net
