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
#include <tuple>
#include <utility>

#include <openssl/crypto.h>

#include <kymo/net/http_server.h>
#include <kymo/net/websocket.h>

#include "tests/net/certificates.h"
#include "tests/net/raw_client.h"
#include "tests/net/server_fixture.h"
#include "tests/net/tls_client.h"

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

/// OpenSSL's own memory fails, too, where a test says so.
constinit std::atomic<bool> openssl_fails{false};

void* openssl_malloc(std::size_t bytes, const char* /*file*/, int /*line*/) {
  return openssl_fails && fails_now() ? nullptr : std::malloc(bytes);
}
void* openssl_realloc(void* memory, std::size_t bytes, const char* /*file*/, int /*line*/) {
  return openssl_fails && fails_now() ? nullptr : std::realloc(memory, bytes);
}
void openssl_free(void* memory, const char* /*file*/, int /*line*/) { std::free(memory); }
/// Before main, because OpenSSL takes no functions after its first allocation.
const bool are_functions_taken = CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free) == 1;

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

std::unique_ptr<net::HttpServer> serve(std::shared_ptr<const net::TlsIdentity> tls = nullptr) {
  net::HttpServerOptions options;
  options.tls = std::move(tls);
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

using Get = std::function<std::string(std::uint16_t port)>;

std::string get(std::uint16_t port) {
  const auto response = net::test::get(port, "/");
  return response && response->status == 200 ? response->body : "";
}

std::string get_over_tls(std::uint16_t port) {
  net::test::TlsClient client(port);
  client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const std::string response = client.read_to_end();
  const std::size_t head = response.find("\r\n\r\n");
  return response.starts_with("HTTP/1.1 200 ") ? response.substr(head + 4) : client.error();
}

/// Makes the attempt with each `step`-th allocation failing in turn, that one or all from there on, until the
/// server asks for fewer. The server answers the next request each time.
void at_every_allocation(Failing how, std::uint16_t port, const std::function<void()>& attempt,
                         const Get& get_next = get, long step = 1) {
  long attempts = 0;
  for (bool failed = true; failed && !testing::Test::HasFailure(); ++attempts) {
    until_failure = attempts * step;
    failing = how;
    attempt();
    failing = Failing::never;
    failed = until_failure < 0;
    EXPECT_EQ(get_next(port).size(), 100'000U) << attempts * step;
  }
  EXPECT_GT(attempts, 10) << "nothing failed, and this test tests nothing";
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

class TlsOutOfMemory : public testing::TestWithParam<std::tuple<Failing, bool>> {};

INSTANTIATE_TEST_SUITE_P(Every, TlsOutOfMemory,
                         testing::Combine(testing::Values(Failing::once, Failing::from_there_on),
                                          testing::Bool()));

TEST_P(TlsOutOfMemory, ARequestEndsItsConnectionAtMost) {
  const auto [how, is_openssl_hit] = GetParam();
  ASSERT_TRUE(are_functions_taken);
  const auto server = serve(net::test::any_identity());
  const std::uint16_t port = server->endpoint().port;
  ASSERT_EQ(get_over_tls(port).size(), 100'000U);  // OpenSSL's own start does not count
  openssl_fails = is_openssl_hit;
  // OpenSSL asks for memory some 2000 times a handshake.
  at_every_allocation(
      how, port,
      [port] {
        const net::test::TlsClient client(port, {.patience = std::chrono::milliseconds(100)});
        if (!client.connected()) return;
        client.send(kGet);
        std::array<char, 65'536> bytes{};
        (void)SSL_read(client.ssl(), bytes.data(), bytes.size());
      },
      get_over_tls, is_openssl_hit ? 5 : 1);
  openssl_fails = false;
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
