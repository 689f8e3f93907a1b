// WebSockets on the server's connections: places, the end of the server, handlers that outlive it. What RFC
// 6455 asks for is in websocket_conformance.py.
#include <kymo/net/uri.h>
#include <kymo/net/websocket.h>

#include <atomic>
#include <future>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "raw_client.h"
#include "server_fixture.h"

namespace kymo::KYMO_ABI::net {
namespace {

using test::eventually;
using test::RawClient;
using test::start_server;
using ::testing::HasSubstr;

constexpr std::string_view kHandshake =
    "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

/// Notes what it is told.
class Recorder final : public WebSocketHandler {
 public:
  void on_open(std::shared_ptr<WebSocketConnection> opened) override {
    const std::lock_guard lock(mutex);
    connection = std::move(opened);
  }
  void on_message(std::string_view payload, WebSocketMessage /*kind*/) override {
    const std::lock_guard lock(mutex);
    messages.emplace_back(payload);
  }
  void on_writable() override { ++writable; }
  void on_close(WebSocketClose code) override {
    closed = static_cast<int>(code);
    ++closes;
  }
  [[nodiscard]] std::shared_ptr<WebSocketConnection> get() const {
    const std::lock_guard lock(mutex);
    return connection;
  }

  mutable std::mutex mutex;
  std::shared_ptr<WebSocketConnection> connection;
  std::vector<std::string> messages;
  std::atomic<int> writable{0};
  std::atomic<int> closed{0};
  std::atomic<int> closes{0};
};

HttpServer::Handler handler_of(const std::shared_ptr<Recorder>& recorder) {
  return [recorder](const HttpRequest& request) {
    HttpResponse response;
    if (request.path == "/ws") response.websocket = recorder;
    return response;
  };
}

int upgrade(RawClient& client) {
  client.send(kHandshake);
  return client.read_response(RawClient::To::head)->status;
}

std::shared_ptr<const std::string> text(std::size_t size) {
  return std::make_shared<const std::string>(size, 'x');
}

TEST(WebSocket, HoldsOneMessageAndTellsWhenItCanTakeAnother) {
  const auto recorder = std::make_shared<Recorder>();
  const auto server = start_server(handler_of(recorder));
  RawClient client(server->endpoint().port);
  client.shrink_receive_buffer();
  ASSERT_EQ(upgrade(client), 101);
  ASSERT_TRUE(eventually([&] { return recorder->get() != nullptr; }));
  const auto connection = recorder->get();
  EXPECT_TRUE(connection->send(text(3)));
  EXPECT_TRUE(eventually([&] { return recorder->writable == 1; }));
  const auto large = text(20'000'000);
  EXPECT_TRUE(connection->send(large));
  EXPECT_FALSE(connection->send(text(3)));
  EXPECT_EQ(recorder->writable, 1);
  EXPECT_GT(large.use_count(), 1);  // held, not copied
  server->stop();
  EXPECT_FALSE(connection->send(text(3)));
}

TEST(WebSocket, OneThatTakesNothingHoldsUpNoOther) {
  std::vector<std::shared_ptr<Recorder>> recorders;
  std::mutex mutex;
  const auto server = start_server([&](const HttpRequest&) {
    const std::lock_guard lock(mutex);
    HttpResponse response;
    response.websocket = recorders.emplace_back(std::make_shared<Recorder>());
    return response;
  });
  const auto recorder = [&](std::size_t i) {
    const std::lock_guard lock(mutex);
    return recorders.at(i);
  };
  RawClient stuck(server->endpoint().port);
  stuck.shrink_receive_buffer();
  ASSERT_EQ(upgrade(stuck), 101);
  RawClient quick(server->endpoint().port);
  ASSERT_EQ(upgrade(quick), 101);
  ASSERT_TRUE(eventually([&] { return recorder(0)->get() && recorder(1)->get(); }));
  EXPECT_TRUE(recorder(0)->get()->send(text(20'000'000)));
  for (int i = 1; i <= 100; ++i) {
    EXPECT_TRUE(recorder(1)->get()->send(text(100)));
    ASSERT_TRUE(eventually([&] { return recorder(1)->writable == i; }));
  }
  EXPECT_EQ(recorder(0)->writable, 0);
  recorder(0)->get()->close(WebSocketClose::try_later, "too slow");
  EXPECT_TRUE(eventually([&] { return recorder(0)->closes == 1; }));  // though it cannot be told
  EXPECT_EQ(recorder(0)->closed, 1013);
  EXPECT_TRUE(eventually([&] { return server->statistics().connections_open == 1; }));
}

TEST(WebSocket, TheEndOfTheServerIsTheEndOfAll) {
  const auto recorder = std::make_shared<Recorder>();
  const auto server = start_server(handler_of(recorder));
  RawClient client(server->endpoint().port);
  ASSERT_EQ(upgrade(client), 101);
  ASSERT_TRUE(eventually([&] { return recorder->get() != nullptr; }));
  server->stop();
  EXPECT_EQ(recorder->closed, 1001);
  EXPECT_EQ(recorder->closes, 1);
  EXPECT_EQ(server->statistics().connections_open, 0U);
  EXPECT_FALSE(recorder->get()->is_open());
  EXPECT_EQ(client.read_to_end(), std::string("\x88\x12\x03\xe9") + "the server stops");
}

// Its handler was never told of a beginning.
TEST(WebSocket, OneThatComesWhileTheServerEndsIsToldSoAndItsHandlerNothing) {
  const auto recorder = std::make_shared<Recorder>();
  std::promise<void> asked;
  std::promise<void> stopping;
  const auto server = start_server([&](const HttpRequest&) {
    asked.set_value();
    stopping.get_future().wait();
    HttpResponse response;
    response.websocket = recorder;
    return response;
  });
  RawClient client(server->endpoint().port);
  client.send(kHandshake);
  asked.get_future().wait();
  std::thread stop([&] { server->stop(); });
  EXPECT_TRUE(eventually([&] { return !server->listening(); }));
  stopping.set_value();
  stop.join();
  EXPECT_EQ(recorder->get(), nullptr);
  EXPECT_EQ(recorder->closes, 0);
  const std::string told =
      client.read_to_end();  // nothing on a machine so busy that the time to end was over
  EXPECT_TRUE(told.empty() || told.ends_with("the server stops")) << told;
}

TEST(WebSocket, LeavesRoomForPlainRequests) {
  HttpServerOptions options;
  options.limits.connections_per_address = 8;
  const auto recorder = std::make_shared<Recorder>();
  const auto server = start_server(handler_of(recorder), options);
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 6; ++i) {
    clients.push_back(std::make_unique<RawClient>(server->endpoint().port));
    EXPECT_EQ(upgrade(*clients.back()), 101) << i;
  }
  RawClient seventh(server->endpoint().port);
  seventh.send(kHandshake);
  const auto refused = seventh.read_response();
  EXPECT_EQ(refused->status, 503);
  EXPECT_EQ(refused->header("Retry-After"), std::nullopt) << "time alone does not help";
  EXPECT_THAT(refused->body, HasSubstr("too many WebSockets from this address: they may take 6 of 8"));
  EXPECT_THAT(refused->body, HasSubstr("http.max_connections_per_address"));
  EXPECT_THAT(refused->body, HasSubstr("web.trusted_proxies"));
  EXPECT_EQ(test::get(server->endpoint().port, "/")->status, 200);
  clients.pop_back();
  EXPECT_TRUE(eventually([&] {
    RawClient next(server->endpoint().port);
    return upgrade(next) == 101;
  }));
}

TEST(WebSocket, BehindATrustedProxyEachClientHasItsOwnPlaces) {
  HttpServerOptions options;
  options.limits.connections_per_address = 4;
  options.trusted_proxies = {Network::parse("127.0.0.0/8")};
  const auto recorder = std::make_shared<Recorder>();
  const auto server = start_server(handler_of(recorder), options);
  std::vector<std::unique_ptr<RawClient>> clients;
  const auto upgrade_as = [&](std::string_view client) {
    clients.push_back(std::make_unique<RawClient>(server->endpoint().port));
    std::string handshake(kHandshake.substr(0, kHandshake.size() - 2));
    clients.back()->send(handshake.append("X-Forwarded-For: ").append(client).append("\r\n\r\n"));
    return clients.back()->read_response(RawClient::To::head)->status;
  };
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(upgrade_as("203.0.113.7"), 101) << i;
    EXPECT_EQ(upgrade_as("198.51.100.1, 203.0.113.8"), 101) << i;
  }
  EXPECT_EQ(upgrade_as("203.0.113.7"), 503);
  EXPECT_EQ(upgrade_as("198.51.100.2, 203.0.113.8"), 503) << "what a client wrote itself makes it no other";
  EXPECT_EQ(upgrade_as("203.0.113.9"), 101);
}

TEST(WebSocket, WhoIsNoTrustedProxySpeaksForItselfOnly) {
  HttpServerOptions options;
  options.limits.connections_per_address = 4;
  options.trusted_proxies = {Network::parse("10.0.0.0/8")};
  const auto server = start_server(handler_of(std::make_shared<Recorder>()), options);
  std::vector<std::unique_ptr<RawClient>> clients;
  std::vector<int> statuses;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(std::make_unique<RawClient>(server->endpoint().port));
    std::string handshake(kHandshake.substr(0, kHandshake.size() - 2));
    clients.back()->send(handshake.append("X-Forwarded-For: 203.0.113." + std::to_string(i) + "\r\n\r\n"));
    statuses.push_back(clients.back()->read_response(RawClient::To::head)->status);
  }
  EXPECT_EQ(statuses, (std::vector<int>{101, 101, 101, 503}));
}

TEST(WebSocket, AClientThatVanishesIsTold) {
  const auto recorder = std::make_shared<Recorder>();
  const auto server = start_server(handler_of(recorder));
  {
    RawClient client(server->endpoint().port);
    ASSERT_EQ(upgrade(client), 101);
  }
  EXPECT_TRUE(eventually([&] { return recorder->closed == 1006; }));
}

TEST(WebSocket, AClientThatEndsAndKeepsItsConnectionIsNotWaitedFor) {
  const auto recorder = std::make_shared<Recorder>();
  const auto server = start_server(handler_of(recorder));
  const std::string end("\x88\x82\0\0\0\0\x03\xe8", 8);
  const std::string unmasked("\x81\x01x", 3);  // which no client may send
  for (const auto& [sent, code] : {std::pair(end, 1000), std::pair(unmasked, 1006)}) {
    RawClient client(server->endpoint().port);
    ASSERT_EQ(upgrade(client), 101);
    client.send(sent);
    EXPECT_TRUE(eventually([&] { return recorder->closed == code; }));
    EXPECT_TRUE(eventually([&] { return server->statistics().connections_open == 0; }));
  }
}

TEST(WebSocketHandshake, ComparesOriginAndHost) {
  struct Case {
    const char* origin;
    const char* host;
    bool same;
  };
  for (const Case& c :
       {Case{"http://a", "a", true}, Case{"http://a:80", "a", true}, Case{"http://a", "a:80", true},
        Case{"https://a", "a", true}, Case{"https://a:443", "a", true}, Case{"https://A:9", "a:9", true},
        Case{"http://[::1]:9", "[::1]:9", true}, Case{"http://a:443", "a", false},
        Case{"http://a", "b", false}, Case{"http://a:8080", "a:80", false}, Case{"http://", "", false},
        Case{"null", "a", false}, Case{"a", "a", false}, Case{"http://a/", "a", false},
        Case{"http:a", "a", false}, Case{"file://", "a", false}}) {
    EXPECT_EQ(is_same_host(c.origin, c.host), c.same) << c.origin << " " << c.host;
  }
}

}  // namespace
}  // namespace kymo::KYMO_ABI::net
