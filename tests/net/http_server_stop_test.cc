#include <atomic>
#include <future>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "raw_client.h"
#include "server_fixture.h"

namespace kymo::KYMO_ABI::net {
namespace {

using test::eventually;
using test::RawClient;
using test::start_server;
using test::text_response;

constexpr std::string_view kRequest = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

TEST(HttpServerStop, EndsIdleAndHalfOpenConnections) {
  const auto server = start_server([](const HttpRequest&) { return text_response("ok"); });
  RawClient idle(server->endpoint().port);
  idle.send(kRequest);
  EXPECT_TRUE(idle.read_response());
  RawClient half_open(server->endpoint().port);
  half_open.send("GET /");
  server->stop();
  server->stop();
  EXPECT_TRUE(idle.is_ended());
  EXPECT_TRUE(half_open.is_ended());
  EXPECT_EQ(server->statistics().connections_open, 0U);
}

TEST(HttpServerStop, DoesNotWaitForAClientThatTakesNothing) {
  const auto body = std::make_shared<const std::string>(50'000'000, 'x');
  const auto server = start_server([&](const HttpRequest&) {
    HttpResponse response;
    response.body = body;
    return response;
  });
  RawClient client(server->endpoint().port);
  client.shrink_receive_buffer();
  client.send(kRequest);
  ASSERT_TRUE(eventually([&] { return server->statistics().requests == 1; }));
  server->stop();
  EXPECT_EQ(server->statistics().connections_open, 0U);
  EXPECT_EQ(body.use_count(), 1);
}

TEST(HttpServerStop, WaitsForAHandlerAndDeliversItsAnswer) {
  std::promise<void> entered;
  std::promise<void> go;
  const auto server = start_server([&](const HttpRequest&) {
    entered.set_value();
    go.get_future().wait();
    return text_response("done");
  });
  RawClient client(server->endpoint().port);
  client.send(kRequest);
  entered.get_future().wait();
  std::atomic<bool> stopped{false};
  std::thread stopper([&] {
    server->stop();
    stopped = true;
  });
  EXPECT_TRUE(eventually([&] { return !server->listening(); }));
  EXPECT_FALSE(stopped);
  go.set_value();
  const auto response = client.read_response();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, "done");
  EXPECT_EQ(response->header("Connection"), "close");
  stopper.join();
}

TEST(HttpServerStop, MayBeCalledFromAHandler) {
  std::unique_ptr<HttpServer> server;
  server = start_server([&](const HttpRequest&) {
    server->stop();
    return text_response("bye");
  });
  RawClient client(server->endpoint().port);
  client.send(kRequest);
  EXPECT_EQ(client.read_response()->body, "bye");
  EXPECT_TRUE(eventually([&] { return !server->listening(); }));
  server->stop();
}

TEST(HttpServerStop, StopsUnderLoad) {
  for (int round = 0; round < 20; ++round) {
    const auto server = start_server([](const HttpRequest&) { return text_response("ok"); });
    const std::uint16_t port = server->endpoint().port;
    std::atomic<bool> ended{false};
    std::atomic<int> answered{0};
    std::vector<std::thread> clients;
    for (int i = 0; i < 4; ++i) {
      clients.emplace_back([&] {
        while (!ended) {
          try {
            RawClient client(port);
            while (client.send(kRequest) && client.read_response()) ++answered;
          } catch (const std::exception&) {
            std::this_thread::yield();  // nobody listens any more
          }
        }
      });
    }
    EXPECT_TRUE(eventually([&] { return answered > 50; }));
    server->stop();
    EXPECT_EQ(server->statistics().connections_open, 0U);
    ended = true;
    for (auto& client : clients) client.join();
  }
}

}  // namespace
}  // namespace kymo::KYMO_ABI::net
