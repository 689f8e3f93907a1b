// The limits of a server that speaks TLS: those of one that does not, with the handshake among what they
// limit.
#include <vector>

#include <sys/socket.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "certificates.h"
#include "raw_client.h"
#include "server_fixture.h"
#include "tls_client.h"

namespace kymo::KYMO_ABI::net {
namespace {

using std::chrono::milliseconds;
using test::eventually;
using test::RawClient;
using test::TlsClient;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::string_view kRequest = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
/// The beginning of a ClientHello of 512 bytes that never ends.
constexpr std::string_view kHalfHello("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11);

HttpResponse ok(const HttpRequest&) { return test::text_response("well"); }

HttpServerOptions tls_options() {
  HttpServerOptions options;
  options.tls = test::any_identity();
  return options;
}

TEST(TlsLimits, AHandshakeThatStallsIsOverWithTheHeadersTime) {
  HttpServerOptions options = tls_options();
  options.limits.header_time = milliseconds(200);
  const auto server = test::start_server(ok, options);
  RawClient silent(server->endpoint().port);
  EXPECT_TRUE(silent.is_ended());
  EXPECT_EQ(server->statistics().timeouts, 1U);
  EXPECT_EQ(server->statistics().tls_failures, 0U);
  RawClient half(server->endpoint().port);
  half.send(kHalfHello);
  EXPECT_TRUE(half.is_ended());
  EXPECT_EQ(server->statistics().timeouts, 2U);
  EXPECT_EQ(server->statistics().tls_failures, 1U);
}

TEST(TlsLimits, ARecordThatStallsIsOverWithTheHeadersTime) {
  HttpServerOptions options = tls_options();
  options.limits.header_time = std::chrono::seconds(3);
  const auto server = test::start_server(ok, options);
  TlsClient client(server->endpoint().port);
  ASSERT_TRUE(client.connected());
  // A record of 16 KiB of which a byte comes now and then: each of them ends a wait of the server.
  const auto trickle = [&](std::string_view bytes) {
    return ::send(client.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL) > 0;
  };
  ASSERT_TRUE(trickle(std::string_view("\x17\x03\x03\x40\x00", 5)));
  EXPECT_TRUE(eventually([&] {
    (void)trickle("x");
    return server->statistics().timeouts == 1;
  }));
  EXPECT_TRUE(eventually([&] { return server->statistics().connections_open == 0; }));
}

TEST(TlsLimits, HandshakesThatStallKeepNobodyOut) {
  HttpServerOptions options = tls_options();
  options.limits.connections = 4;
  options.limits.header_time = std::chrono::hours(1);
  const auto server = test::start_server(ok, options);
  std::vector<std::unique_ptr<RawClient>> stalled;
  for (int i = 0; i < 4; ++i) {
    stalled.push_back(std::make_unique<RawClient>(server->endpoint().port));
    stalled.back()->send(i % 2 == 0 ? kHalfHello : "");
  }
  ASSERT_TRUE(eventually([&] { return server->statistics().connections_open == 4; }));
  TlsClient client(server->endpoint().port);
  ASSERT_TRUE(client.connected()) << client.error();
  ASSERT_TRUE(client.send(kRequest));
  EXPECT_THAT(client.read_until("well"), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(server->statistics().connections_evicted, 1U);
}

TEST(TlsLimits, WhoIsRefusedIsToldSoOverTls) {
  HttpServerOptions options = tls_options();
  options.limits.connections = 1;
  std::atomic<bool> is_let_go{false};
  const auto server = test::start_server(
      [&](const HttpRequest&) {
        EXPECT_TRUE(eventually([&] { return is_let_go.load(); }));
        return test::text_response("well");
      },
      options);
  TlsClient first(server->endpoint().port);
  ASSERT_TRUE(first.send(kRequest));
  ASSERT_TRUE(eventually([&] { return server->statistics().requests == 1; }));
  TlsClient second(server->endpoint().port);
  ASSERT_TRUE(second.connected()) << second.error();
  EXPECT_THAT(second.read_to_end(), HasSubstr("too many connections"));
  EXPECT_TRUE(second.was_ended_properly());
  is_let_go = true;
  EXPECT_THAT(first.read_until("well"), StartsWith("HTTP/1.1 200 "));
}

TEST(TlsLimits, AClientThatTakesNothingIsClosed) {
  HttpServerOptions options = tls_options();
  options.limits.write_time = milliseconds(200);
  const auto body = std::make_shared<const std::string>(20'000'000, 'x');
  const auto server = test::start_server(
      [&](const HttpRequest&) {
        HttpResponse response;
        response.body = body;
        return response;
      },
      options);
  TlsClient client(server->endpoint().port, {.receive_buffer = 4096});
  ASSERT_TRUE(client.send(kRequest));
  EXPECT_TRUE(eventually([&] { return server->statistics().timeouts == 1; }));
  EXPECT_TRUE(eventually([&] { return server->statistics().connections_open == 0; }));
  EXPECT_EQ(body.use_count(), 1);
}

TEST(TlsLimits, AnIdleConnectionIsEndedProperly) {
  HttpServerOptions options = tls_options();
  options.limits.idle_time = milliseconds(50);
  const auto server = test::start_server(ok, options);
  TlsClient client(server->endpoint().port);
  ASSERT_TRUE(client.send(kRequest));
  EXPECT_THAT(client.read_to_end(), HasSubstr("well"));
  EXPECT_TRUE(client.was_ended_properly()) << client.error();
  EXPECT_EQ(server->statistics().timeouts, 0U);
}

TEST(TlsLimits, StopsUnderConnectionsInAllStates) {
  const auto server = test::start_server(ok, tls_options());
  RawClient silent(server->endpoint().port);
  RawClient half(server->endpoint().port);
  half.send(kHalfHello);
  TlsClient idle(server->endpoint().port);
  TlsClient used(server->endpoint().port);
  ASSERT_TRUE(used.send(kRequest));
  EXPECT_THAT(used.read_until("well"), StartsWith("HTTP/1.1 200 "));
  ASSERT_TRUE(eventually([&] { return server->statistics().connections_open == 4; }));
  server->stop();
  EXPECT_EQ(server->statistics().connections_open, 0U);
}

}  // namespace
}  // namespace kymo::KYMO_ABI::net
