// WebSockets over TLS, and the end of all WebSockets at once.
#include <atomic>
#include <future>
#include <mutex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "certificates.h"
#include "raw_client.h"
#include "server_fixture.h"
#include "tls_client.h"

namespace kymo::KYMO_ABI::net {
namespace {

using test::eventually;
using test::TlsClient;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::string_view kHandshake =
    "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

/// Sends back what comes.
class Echo final : public WebSocketHandler {
 public:
  void on_open(std::shared_ptr<WebSocketConnection> opened) override {
    const std::lock_guard lock(mutex_);
    connection_ = std::move(opened);
  }
  void on_message(std::string_view payload, WebSocketMessage kind) override {
    EXPECT_TRUE(get()->send(std::make_shared<const std::string>(payload), kind));
  }
  void on_writable() override { ++written; }
  void on_close(WebSocketClose code) override { closed = static_cast<int>(code); }

  [[nodiscard]] std::shared_ptr<WebSocketConnection> get() const {
    const std::lock_guard lock(mutex_);
    return connection_;
  }

  std::atomic<int> written{0};
  std::atomic<int> closed{0};

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<WebSocketConnection> connection_;
};

std::unique_ptr<HttpServer> start_echo(const std::shared_ptr<Echo>& echo) {
  HttpServerOptions options;
  options.tls = test::any_identity();
  return test::start_server(
      [echo](const HttpRequest&) {
        HttpResponse response;
        response.websocket = echo;
        return response;
      },
      options);
}

std::string upgrade(TlsClient& client) {
  EXPECT_TRUE(client.send(kHandshake));
  return client.read_until("\r\n\r\n");
}

/// A text from a client, masked with zeros (RFC 6455 5.3).
std::string frame(std::string_view text) {
  return "\x81" + std::string(1, static_cast<char>(0x80U | text.size())) + std::string(4, '\0') +
         std::string(text);
}

TEST(TlsWebSocket, Echoes) {
  const auto echo = std::make_shared<Echo>();
  const auto server = start_echo(echo);
  TlsClient client(server->endpoint().port);
  ASSERT_THAT(upgrade(client), StartsWith("HTTP/1.1 101 "));
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(client.send(frame("hello")));
    EXPECT_EQ(client.read(7), "\x81\x05hello");
  }
  ASSERT_TRUE(client.send(std::string("\x88\x82\0\0\0\0\x03\xe8", 8)));
  EXPECT_EQ(client.read_to_end(), "\x88\x02\x03\xe8");
  EXPECT_TRUE(client.was_ended_properly()) << client.error();
  EXPECT_TRUE(eventually([&] { return echo->closed == 1000; }));
}

TEST(TlsWebSocket, HoldsALargeMessageWithoutACopyForWhoTakesNothing) {
  const auto echo = std::make_shared<Echo>();
  const auto server = start_echo(echo);
  TlsClient client(server->endpoint().port, {.receive_buffer = 4096});
  ASSERT_THAT(upgrade(client), StartsWith("HTTP/1.1 101 "));
  ASSERT_TRUE(eventually([&] { return echo->get() != nullptr; }));
  const auto large = std::make_shared<const std::string>(20'000'000, 'x');
  EXPECT_TRUE(echo->get()->send(large));
  EXPECT_FALSE(echo->get()->send(large));
  EXPECT_EQ(echo->written, 0);
  EXPECT_GT(large.use_count(), 1);
  echo->get()->close(WebSocketClose::try_later, "too slow");
  EXPECT_TRUE(eventually([&] { return echo->closed == 1013; }));
  EXPECT_TRUE(eventually([&] { return server->statistics().connections_open == 0; }));
}

TEST(TlsWebSocket, BothWaysAtOnce) {
  const auto echo = std::make_shared<Echo>();
  const auto server = start_echo(echo);
  TlsClient client(server->endpoint().port);
  ASSERT_THAT(upgrade(client), StartsWith("HTTP/1.1 101 "));
  ASSERT_TRUE(eventually([&] { return echo->get() != nullptr; }));
  const auto large = std::make_shared<const std::string>(3'000'000, 'x');
  ASSERT_TRUE(echo->get()->send(large, WebSocketMessage::binary));
  // Pings, which a server answers by itself, in the middle of what it writes.
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(client.send(std::string("\x89\x80\0\0\0\0", 6)));
  const std::string begin = client.read(10);
  EXPECT_EQ(begin.substr(0, 2), "\x82\x7f");
  EXPECT_TRUE(client.read(large->size()) == *large);
  EXPECT_EQ(client.read(2), std::string("\x8a\0", 2));
}

TEST(TlsWebSocket, OutlivesTheIdentityThatItBeganWith) {
  const auto echo = std::make_shared<Echo>();
  const auto server = start_echo(echo);
  const auto certificate = test::make_certificate("short-lived");
  server->use_identity(TlsIdentity::from_pem(certificate.chain, certificate.key));
  TlsClient client(server->endpoint().port);
  EXPECT_EQ(client.server_name(), "short-lived");
  ASSERT_THAT(upgrade(client), StartsWith("HTTP/1.1 101 "));
  server->use_identity(test::any_identity());
  ASSERT_TRUE(client.send(frame("still here")));
  EXPECT_EQ(client.read(12), "\x81\x0astill here");
}

TEST(TlsWebSocket, AllAreEndedAtOnceAndNewOnesCome) {
  const auto echo = std::make_shared<Echo>();
  const auto server = start_echo(echo);
  TlsClient first(server->endpoint().port);
  TlsClient second(server->endpoint().port);
  ASSERT_THAT(upgrade(first), StartsWith("HTTP/1.1 101 "));
  ASSERT_THAT(upgrade(second), StartsWith("HTTP/1.1 101 "));
  server->close_websockets(WebSocketClose::not_allowed, "over");
  for (TlsClient* client : {&first, &second}) EXPECT_EQ(client->read(8), "\x88\x06\x03\xf0over");
  TlsClient third(server->endpoint().port);
  EXPECT_THAT(upgrade(third), StartsWith("HTTP/1.1 101 "));
}

// Or who was let in just before could stay.
TEST(TlsWebSocket, OneThatWasAllowedBeforeAllAreEndedComesTooLate) {
  HttpServerOptions options;
  options.tls = test::any_identity();
  std::promise<void> asked;
  std::promise<void> swept;
  const auto server = test::start_server(
      [&](const HttpRequest& request) {
        HttpResponse response;
        if (request.path != "/ws") return response;
        asked.set_value();
        swept.get_future().wait();
        response.websocket = std::make_shared<Echo>();
        return response;
      },
      options);
  TlsClient client(server->endpoint().port);
  ASSERT_TRUE(client.send(kHandshake));
  asked.get_future().wait();
  server->close_websockets(WebSocketClose::not_allowed, "over");
  // An answer to a later request proves that the I/O thread has looked at the sockets.
  TlsClient other(server->endpoint().port);
  ASSERT_TRUE(other.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  EXPECT_THAT(other.read_until("\r\n\r\n"), StartsWith("HTTP/1.1 200 "));
  swept.set_value();
  EXPECT_THAT(client.read_until("\r\n\r\n"), StartsWith("HTTP/1.1 503 "));
}

}  // namespace
}  // namespace kymo::KYMO_ABI::net
