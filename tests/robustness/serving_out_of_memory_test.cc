// Memory runs out in a process that serves HTTP and WebSockets, at each place where its threads ask for some:
// a connection may end, the process and its server go on.

#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>

#include <kymo/net/http_server.h>
#include <kymo/net/websocket.h>

#include "tests/net/raw_client.h"
#include "tests/net/server_fixture.h"

namespace {

enum class Failing { never, once, from_there_on };

constinit std::atomic<Failing> failing{Failing::never};
// Counts down over all of the server's threads.
constinit std::atomic<long> until_failure{0};

/// A test's own threads, whose names are others, are not its concern.
bool is_of_the_server() {
  thread_local const bool answer = [] {
    std::array<char, 16> name{};
    return pthread_getname_np(pthread_self(), name.data(), name.size()) == 0 &&
           std::string_view(name.data()).starts_with("kymo-net");
  }();
  return answer;
}

bool fails_now() {
  const Failing how = failing;
  if (how == Failing::never || !is_of_the_server()) return false;
  const long left = until_failure--;
  return left == 0 || (left < 0 && how == Failing::from_there_on);
}

void* obtained(std::size_t bytes) {
  if (!fails_now()) {
    if (void* memory = std::malloc(bytes == 0 ? 1 : bytes)) return memory;
  }
  throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t bytes) { return obtained(bytes); }
void* operator new[](std::size_t bytes) { return obtained(bytes); }
void* operator new(std::size_t bytes, const std::nothrow_t& /*tag*/) noexcept {
  return fails_now() ? nullptr : std::malloc(bytes == 0 ? 1 : bytes);
}
void* operator new[](std::size_t bytes, const std::nothrow_t& /*tag*/) noexcept {
  return fails_now() ? nullptr : std::malloc(bytes == 0 ? 1 : bytes);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*bytes*/) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t /*bytes*/) noexcept { std::free(memory); }
/// What Asio takes memory by.
extern "C" void* aligned_alloc(std::size_t alignment, std::size_t bytes) noexcept {
  void* memory = nullptr;
  return !fails_now() && posix_memalign(&memory, alignment, bytes) == 0 ? memory : nullptr;
}

namespace kymo::robustness {
namespace {

using net::test::RawClient;

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view kHandshake =
    "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: "
    "13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n";
constexpr std::string_view kHello("\x81\x85\0\0\0\0hello", 11);
constexpr std::string_view kClose("\x88\x80\0\0\0\0", 6);

/// Sends back what comes.
class Echo final : public net::WebSocketHandler {
 public:
  void on_open(std::shared_ptr<net::WebSocketConnection> connection) override {
    connection_ = std::move(connection);
  }
  void on_message(std::string_view payload, net::WebSocketMessage kind) override {
    (void)connection_->send(std::make_shared<const std::string>(payload), kind);
  }
  void on_writable() override {}
  void on_close(net::WebSocketClose /*code*/) override { connection_.reset(); }

 private:
  std::shared_ptr<net::WebSocketConnection> connection_;
};

net::HttpResponse answer(const net::HttpRequest& request) {
  if (request.path == "/ws") {
    net::HttpResponse response;
    response.websocket = std::make_shared<Echo>();
    return response;
  }
  return net::test::text_response(std::string(100'000, 'x'));
}

std::unique_ptr<net::HttpServer> serve() {
  net::HttpServerOptions options;
  options.websocket.close_time = std::chrono::milliseconds(10);
  options.thread_class = [](std::string_view, std::string_view target) {
    return target == "/quick" ? net::ThreadClass::quick : net::ThreadClass::normal;
  };
  return net::test::start_server(answer, options);
}

/// Waits for the answer or the end, whichever comes. Where there is no memory for either, neither may come.
void await_bytes(const RawClient& client) {
  const timeval patience{.tv_sec = 0, .tv_usec = 50'000};
  ::setsockopt(client.fd(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  std::array<char, 65'536> bytes{};
  (void)::recv(client.fd(), bytes.data(), bytes.size(), 0);
}

/// Does it with each allocation failing in turn, that one or all from there on, until it asks for fewer;
/// afterwards the next request is answered each time.
void at_every_allocation(Failing how, std::uint16_t port, const std::function<void()>& attempt) {
  long n = 0;
  for (bool failed = true; failed && !testing::Test::HasFailure(); ++n) {
    until_failure = n;
    failing = how;
    attempt();
    failing = Failing::never;
    failed = until_failure < 0;
    const auto next = net::test::get(port, "/");
    ASSERT_TRUE(next) << n;
    EXPECT_EQ(next->status, 200) << n;
    EXPECT_EQ(next->body.size(), 100'000U) << n;
  }
  EXPECT_GT(n, 10) << "nothing failed, and this test tests nothing";
}

class ServingOutOfMemory : public testing::TestWithParam<Failing> {};

INSTANTIATE_TEST_SUITE_P(Every, ServingOutOfMemory, testing::Values(Failing::once, Failing::from_there_on));

TEST_P(ServingOutOfMemory, ARequestEndsItsConnectionAtMost) {
  const auto server = serve();
  const std::uint16_t port = server->endpoint().port;
  at_every_allocation(GetParam(), port, [&] {
    const RawClient client(port);
    client.send(kGet);
    await_bytes(client);
    client.send("GET /quick HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    for (int i = 0; i < 3; ++i) await_bytes(client);
  });
  EXPECT_TRUE(net::test::eventually([&] { return server->statistics().connections_open == 0; }));
}

TEST_P(ServingOutOfMemory, AWebSocketEndsAtMost) {
  const auto server = serve();
  const std::uint16_t port = server->endpoint().port;
  at_every_allocation(GetParam(), port, [&] {
    const RawClient client(port);
    for (const std::string_view bytes : {kHandshake, kHello, kClose}) {
      client.send(bytes);
      await_bytes(client);
    }
  });
  EXPECT_TRUE(net::test::eventually([&] { return server->statistics().connections_open == 0; }));
}

TEST_P(ServingOutOfMemory, AServerEndsAsItShould) {
  for (long n = 0; n < 20; ++n) {
    const auto server = serve();
    const RawClient client(server->endpoint().port);
    client.send(kHandshake);
    await_bytes(client);
    until_failure = n;
    failing = GetParam();
    server->stop();
    failing = Failing::never;
  }
}

}  // namespace
}  // namespace kymo::robustness
