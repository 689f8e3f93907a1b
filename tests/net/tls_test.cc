// HTTP over TLS: which versions and protocols, how connections begin and end.
#include <future>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "certificates.h"
#include "raw_client.h"
#include "server_fixture.h"
#include "tls_client.h"

namespace kymo::KYMO_ABI::net {
namespace {

using test::eventually;
using test::RawClient;
using test::TlsClient;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::string_view kRequest = "GET /there HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view kLastRequest = "GET /there HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

HttpResponse echo_path(const HttpRequest& request) {
  return test::text_response(std::string(request.path) + (request.is_secure ? " over TLS" : " in clear"));
}

std::unique_ptr<HttpServer> start_tls(HttpServer::Handler handler = echo_path) {
  HttpServerOptions options;
  options.tls = test::any_identity();
  return test::start_server(std::move(handler), options);
}

TEST(Tls, ServesBothVersions) {
  const auto server = start_tls();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient client(server->endpoint().port, {.least = version, .most = version});
    ASSERT_TRUE(client.connected()) << client.error();
    EXPECT_EQ(client.version(), version == TLS1_2_VERSION ? "TLSv1.2" : "TLSv1.3");
    EXPECT_EQ(client.protocol(), "http/1.1");
    for (int i = 0; i < 3; ++i) {
      ASSERT_TRUE(client.send(kRequest));
      EXPECT_THAT(client.read_until("over TLS"), StartsWith("HTTP/1.1 200 "));
    }
  }
  EXPECT_EQ(server->statistics().requests, 6U);
  EXPECT_EQ(server->statistics().tls_failures, 0U);
}

TEST(Tls, AnAbsoluteTargetHasItsScheme) {
  const auto server = start_tls();
  TlsClient client(server->endpoint().port);
  ASSERT_TRUE(client.send("GET https://b/there HTTP/1.1\r\nHost: a\r\n\r\n"));
  EXPECT_THAT(client.read_until("over TLS"), StartsWith("HTTP/1.1 200 "));
  ASSERT_TRUE(client.send("GET http://b/there HTTP/1.1\r\nHost: b\r\n\r\n"));
  EXPECT_THAT(client.read_until("TLS"), StartsWith("HTTP/1.1 421 "));
}

TEST(Tls, TellsAHandlerOfTheOneInClear) {
  const auto server = test::start_server(echo_path);
  EXPECT_EQ(test::get(server->endpoint().port, "/there")->body, "/there in clear");
}

TEST(Tls, RefusesOlderVersions) {
  const auto server = start_tls();
  for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
    const TlsClient client(server->endpoint().port, {.least = version, .most = version});
    EXPECT_FALSE(client.connected());
    EXPECT_THAT(client.error(), HasSubstr("alert protocol version"));
  }
  EXPECT_TRUE(eventually([&] { return server->statistics().tls_failures == 2; }));
  EXPECT_EQ(server->statistics().requests_bad, 0U);
}

TEST(Tls, RefusesWhoWantsAnotherProtocol) {
  const auto server = start_tls();
  const TlsClient other(server->endpoint().port, {.alpn = "h2"});
  EXPECT_FALSE(other.connected());
  EXPECT_THAT(other.error(), HasSubstr("no application protocol"));
  const TlsClient without(server->endpoint().port, {.alpn = ""});
  EXPECT_TRUE(without.connected());
}

TEST(Tls, RefusesRenegotiation) {
  const auto server = start_tls();
  TlsClient client(server->endpoint().port, {.most = TLS1_2_VERSION});
  ASSERT_TRUE(client.connected());
  SSL_renegotiate(client.ssl());
  EXPECT_NE(SSL_do_handshake(client.ssl()), 1);
}

TEST(Tls, ARequestInClearIsToldSo) {
  const auto server = start_tls();
  for (const char* method : {"GET", "OPTIONS", "PUT"}) {
    RawClient client(server->endpoint().port);
    client.send(std::string(method) + " / HTTP/1.1\r\nHost: a\r\n\r\n");
    const auto response = client.read_response();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 400);
    EXPECT_EQ(response->header("Content-Type"), "text/plain; charset=utf-8");
    EXPECT_EQ(response->header("Connection"), "close");
    EXPECT_EQ(response->body, "This address speaks https; use https://\n");
    EXPECT_TRUE(client.is_ended());
  }
  EXPECT_EQ(server->statistics().tls_failures, 3U);
  EXPECT_EQ(server->statistics().requests_bad, 3U);
  EXPECT_EQ(server->statistics().requests, 0U);
}

TEST(Tls, WhoComesAndGoesIsNoFailure) {
  const auto server = start_tls();
  {
    const RawClient client(server->endpoint().port);
  }
  EXPECT_TRUE(eventually([&] {
    return server->statistics().connections_accepted == 1 && server->statistics().connections_open == 0;
  }));
  EXPECT_EQ(server->statistics().tls_failures, 0U);
  {
    RawClient client(server->endpoint().port);
    client.send("\x16\x03\x01\x02");
  }
  EXPECT_TRUE(eventually([&] { return server->statistics().tls_failures == 1; }));
}

TEST(Tls, EndsProperly) {
  const auto server = start_tls();
  TlsClient client(server->endpoint().port);
  ASSERT_TRUE(client.send(kLastRequest));
  EXPECT_THAT(client.read_to_end(), EndsWith("/there over TLS"));
  EXPECT_TRUE(client.was_ended_properly()) << client.error();
}

TEST(Tls, DoesNotWaitForAClientThatNeverEnds) {
  const auto server = start_tls();
  TlsClient client(server->endpoint().port);
  ASSERT_TRUE(client.send(kLastRequest));
  EXPECT_THAT(client.read_to_end(), EndsWith("/there over TLS"));
  // The client keeps its connection and sends nothing.
  EXPECT_TRUE(eventually([&] { return server->statistics().connections_open == 0; }));
}

TEST(Tls, SendsMuchWithoutACopy) {
  const auto body = std::make_shared<std::string>(20'000'000, 'x');
  for (std::size_t i = 0; i < body->size(); ++i) (*body)[i] = static_cast<char>('a' + i % 23);
  const auto server = start_tls([&](const HttpRequest&) {
    HttpResponse response;
    response.body = std::shared_ptr<const std::string>(body);
    return response;
  });
  TlsClient client(server->endpoint().port);
  ASSERT_TRUE(client.send(kLastRequest));
  (void)client.read_until("\r\n\r\n");
  EXPECT_GT(body.use_count(), 1);
  const std::string got = client.read(body->size());
  EXPECT_TRUE(got == *body);
  EXPECT_TRUE(eventually([&] { return server->statistics().bytes_sent > body->size(); }));
}

TEST(Tls, TakesABodyOfManyRecords) {
  std::promise<std::string> taken;
  const auto server = start_tls([&](const HttpRequest& request) {
    taken.set_value(std::string(request.body));
    return HttpResponse{};
  });
  TlsClient client(server->endpoint().port);
  const std::string body(500'000, 'y');
  ASSERT_TRUE(client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\n" + body));
  EXPECT_EQ(taken.get_future().get(), body);
}

TEST(Tls, AnotherIdentityIsForNewConnections) {
  const auto server = start_tls();
  TlsClient old(server->endpoint().port);
  EXPECT_EQ(old.server_name(), "first");
  const test::Certificate second = test::make_certificate("second", "-newkey rsa:2048");
  server->use_identity(TlsIdentity::from_pem(second.chain, second.key));
  TlsClient young(server->endpoint().port);
  EXPECT_EQ(young.server_name(), "second");
  for (TlsClient* client : {&old, &young}) {
    ASSERT_TRUE(client->send(kLastRequest));
    EXPECT_THAT(client->read_to_end(), EndsWith("/there over TLS"));
    EXPECT_TRUE(client->was_ended_properly());
  }
}

}  // namespace
}  // namespace kymo::KYMO_ABI::net
