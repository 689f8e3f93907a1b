#include <atomic>
#include <stdexcept>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <kymo/net/json_error.h>

#include "raw_client.h"
#include "server_fixture.h"

namespace kymo::KYMO_ABI::net {
namespace {

using test::eventually;
using test::RawClient;
using test::start_server;
using test::text_response;
using ::testing::HasSubstr;
using ::testing::StartsWith;

/// Answers with what it was asked.
HttpResponse echo(const HttpRequest& request) {
  std::string text = std::string(request.method) + " " + std::string(request.path);
  for (const auto& [name, value] : request.query) text += " " + name + "=" + value;
  text += " body=" + std::string(request.body) + " x=" + std::string(request.header("x-test"));
  return text_response(text);
}

std::uint16_t port_of(const std::unique_ptr<HttpServer>& server) { return server->endpoint().port; }

TEST(HttpServer, ListensOnAFreePortOnceStartReturns) {
  const auto server = start_server(echo);
  EXPECT_TRUE(server->listening());
  EXPECT_EQ(server->endpoint().address, "127.0.0.1");
  EXPECT_NE(server->endpoint().port, 0);
}

TEST(HttpServer, HandsOverTheRequest) {
  const auto server = start_server(echo);
  const auto response =
      test::ask(port_of(server),
                "POST /a%20b?c=d%26e&f HTTP/1.1\r\nHost: h\r\nX-TEST: y\r\nContent-Length: 3\r\n\r\nxyz");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "POST /a b c=d&e f= body=xyz x=y");
  EXPECT_EQ(response->header("Content-Type"), "text/plain");
  EXPECT_EQ(response->header("Server"), "kymo");
  EXPECT_TRUE(response->header("Date"));
}

TEST(HttpServer, KnowsItsClient) {
  const auto server =
      start_server([](const HttpRequest& request) { return text_response(std::string(request.remote)); });
  EXPECT_THAT(test::get(port_of(server), "/")->body, StartsWith("127.0.0.1:"));
}

TEST(HttpServer, KnowsTheClientThatATrustedProxyNames) {
  HttpServerOptions options;
  options.trusted_proxies = {Network::parse("127.0.0.1"), Network::parse("10.0.0.0/8")};
  const auto server = start_server(
      [](const HttpRequest& request) { return text_response(std::string(request.remote)); }, options);
  RawClient client(port_of(server));  // one connection of the proxy, for many clients
  const auto asked_for = [&](std::string_view forwarded) {
    client.send("GET / HTTP/1.1\r\nHost: a\r\n" + std::string(forwarded) + "\r\n");
    return client.read_response()->body;
  };
  EXPECT_EQ(asked_for("X-Forwarded-For: 203.0.113.7\r\n"), "203.0.113.7:0");
  EXPECT_EQ(asked_for("x-forwarded-for: 203.0.113.8\r\nX-Forwarded-For: 2001:db8::8, 10.1.1.1\r\n"),
            "[2001:db8::8]:0");
  EXPECT_THAT(asked_for(""), StartsWith("127.0.0.1:"));
}

TEST(HttpServer, BelievesNobodyWhoIsNoTrustedProxy) {
  const auto server =
      start_server([](const HttpRequest& request) { return text_response(std::string(request.remote)); });
  const auto response =
      test::ask(port_of(server), "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 203.0.113.7\r\n\r\n");
  EXPECT_THAT(response->body, StartsWith("127.0.0.1:"));
}

TEST(HttpServer, AnAbsoluteTargetNamesTheHostAndFitsTheConnection) {
  HttpServerOptions options;
  const auto server = start_server(
      [](const HttpRequest& request) {
        return text_response(std::string(request.header("host")) + " " + std::string(request.target));
      },
      options);
  const auto ask = [&](const std::string& target, const std::string& rest) {
    return test::ask(port_of(server), "GET " + target + " HTTP/1." + rest + "\r\n\r\n");
  };
  EXPECT_EQ(ask("http://b:8/c?d", "1\r\nHost: a")->body, "b:8 /c?d");
  EXPECT_EQ(ask("http://b", "0")->body, "b /");
  const auto other = ask("https://b/", "1\r\nHost: b");
  EXPECT_EQ(other->status, 421);
  EXPECT_EQ(other->header("Connection"), "close");
  EXPECT_THAT(other->body, HasSubstr("https://"));
  EXPECT_EQ(server->statistics().requests_bad, 1U);
}

TEST(HttpServer, KeepsAConnectionForMoreRequests) {
  const auto server = start_server(echo);
  RawClient client(port_of(server));
  for (int i = 0; i < 100; ++i) {
    client.send("GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n");
    const auto response = client.read_response();
    ASSERT_TRUE(response);
    EXPECT_THAT(response->body, StartsWith("GET /" + std::to_string(i) + " "));
  }
  EXPECT_EQ(server->statistics().connections_accepted, 1U);
  EXPECT_EQ(server->statistics().requests, 100U);
}

TEST(HttpServer, AnswersPipelinedRequestsInOrder) {
  const auto server = start_server(echo);
  RawClient client(port_of(server));
  std::string requests;
  for (int i = 0; i < 500; ++i) {
    requests += "PUT /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab";
  }
  client.send(requests);
  for (int i = 0; i < 500; ++i) {
    const auto response = client.read_response();
    ASSERT_TRUE(response);
    EXPECT_THAT(response->body, StartsWith("PUT /" + std::to_string(i) + " body=ab"));
  }
}

TEST(HttpServer, ClosesWhenAsked) {
  const auto server = start_server(echo);
  RawClient client(port_of(server));
  client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
  const auto response = client.read_response();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->header("Connection"), "close");
  EXPECT_TRUE(client.is_ended()) << "a request after the last was answered";
}

TEST(HttpServer, SpeaksHttp10) {
  const auto server = start_server(echo);
  RawClient closing(port_of(server));
  closing.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(closing.read_response()->header("Connection"), "close");
  EXPECT_TRUE(closing.is_ended());
  RawClient keeping(port_of(server));
  keeping.send("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n");
  EXPECT_EQ(keeping.read_response()->header("Connection"), "keep-alive");
  keeping.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(keeping.read_response()->status, 200);
}

TEST(HttpServer, AnswersHeadWithTheLengthButWithoutTheBody) {
  const auto server = start_server(echo);
  RawClient client(port_of(server));
  client.send("HEAD /ab HTTP/1.1\r\nHost: a\r\n\r\n");
  const auto head = client.read_response(RawClient::To::head);
  EXPECT_EQ(head->header("Content-Length"), std::to_string(std::string("HEAD /ab body= x=").size()));
  client.send("GET /next HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(client.read_response()->body, StartsWith("GET /next"));
}

TEST(HttpServer, InvitesABodyThatWaitsForIt) {
  const auto server = start_server(echo);
  RawClient client(port_of(server));
  client.send("PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(client.read_response()->status, 100);
  client.send("ab");
  EXPECT_THAT(client.read_response()->body, HasSubstr("body=ab"));
}

TEST(HttpServer, DoesNotInviteABodyThatIsTooLongOrAlreadyThere) {
  HttpServerOptions options;
  options.limits.body_bytes = 4;
  const auto server = start_server(echo, options);
  EXPECT_EQ(test::ask(port_of(server),
                      "PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
                      "Content-Length: 5\r\n\r\n")
                ->status,
            413);
  EXPECT_EQ(test::ask(port_of(server),
                      "PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
                      "Content-Length: 2\r\n\r\nab")
                ->status,
            200);
}

TEST(HttpServer, RefusesAnExpectationNobodyKnows) {
  const auto server = start_server(echo);
  const auto response = test::ask(port_of(server), "GET / HTTP/1.1\r\nHost: a\r\nExpect: miracles\r\n\r\n");
  EXPECT_EQ(response->status, 417);
  EXPECT_EQ(response->header("Connection"), "close");
}

TEST(HttpServer, RefusesABrokenEscapeAndGoesOn) {
  const auto server = start_server(echo);
  RawClient client(port_of(server));
  for (const char* target : {"/%", "/%zz", "/a?b=%1", "/%00"}) {
    client.send("GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n");
    const auto response = client.read_response();
    ASSERT_TRUE(response) << target;
    EXPECT_EQ(response->status, 400) << target;
    EXPECT_THAT(response->body, StartsWith(R"({"error":{"status":400,"message":)"));
  }
  EXPECT_EQ(server->statistics().requests_bad, 4U);
}

TEST(HttpServer, SendsALargeSharedBodyToMany) {
  const auto body = std::make_shared<const std::string>(4'000'000, 'x');
  const auto server = start_server([&](const HttpRequest&) {
    HttpResponse response;
    response.body = body;
    return response;
  });
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 8; ++i) {
    clients.push_back(std::make_unique<RawClient>(port_of(server)));
    clients.back()->send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  }
  for (const auto& client : clients) {
    const auto response = client->read_response();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->body, *body);
  }
  EXPECT_GT(server->statistics().bytes_sent, 32'000'000U);
}

TEST(HttpServer, MakesAFailedHandlerA500AndTellsOfTheFirst) {
  std::vector<std::string> told;
  HttpServerOptions options;
  options.on_event = [&](std::string_view text) { told.emplace_back(text); };
  const auto server = start_server(
      [](const HttpRequest& request) -> HttpResponse {
        if (request.path == "/int") throw 42;
        if (request.path == "/bad") return {200, "a\r\nb", {}, nullptr};
        throw std::runtime_error("secret detail");
      },
      options);
  RawClient client(port_of(server));
  for (const char* path : {"/std", "/std", "/int", "/bad"}) {
    client.send("GET " + std::string(path) + "?q HTTP/1.1\r\nHost: a\r\n\r\n");
    const auto response = client.read_response();
    ASSERT_TRUE(response) << path;
    EXPECT_EQ(response->status, 500) << path;
    EXPECT_EQ(response->body,
              "{\"error\":{\"status\":500,\"message\":\"the handler of this address failed\"}}\n");
  }
  EXPECT_EQ(server->statistics().handler_errors, 4U);
  server->stop();
  ASSERT_FALSE(told.empty());
  EXPECT_EQ(told.front(), "the handler of /std failed: secret detail");
  EXPECT_LE(told.size(), 4U);
}

TEST(HttpServer, SurvivesAnEventHandlerThatThrows) {
  HttpServerOptions options;
  options.on_event = [](std::string_view) { throw 42; };
  const auto server = start_server([](const HttpRequest&) -> HttpResponse { throw 42; }, options);
  EXPECT_EQ(test::get(port_of(server), "/")->status, 500);
  EXPECT_EQ(test::get(port_of(server), "/")->status, 500);
}

TEST(HttpServer, RefusesOptionsThatCannotWork) {
  EXPECT_THROW(HttpServer({}, nullptr), std::invalid_argument);
  HttpServerOptions options;
  options.threads = 0;
  EXPECT_THROW(HttpServer(options, echo), std::invalid_argument);
  options = {};
  options.limits.connections = 0;
  EXPECT_THROW(HttpServer(options, echo), std::invalid_argument);
}

/// More pieces than one write takes, of all sizes, and more than a write's size.
TEST(HttpServer, SendsAllPiecesOfABody) {
  struct Chain {
    std::vector<std::string> texts;
    std::vector<std::string_view> pieces;
  };
  const auto chain = std::make_shared<Chain>();
  for (std::size_t i = 0; i < 40; ++i)
    chain->texts.emplace_back(i % 5 * 60'000, static_cast<char>('a' + i % 26));
  chain->texts.emplace_back(3'000'000, 'z');
  chain->pieces.assign(chain->texts.begin(), chain->texts.end());
  const HttpBody body(chain, chain->pieces);
  const auto server = start_server([&](const HttpRequest&) {
    HttpResponse response;
    response.body = body;
    return response;
  });
  RawClient client(port_of(server));
  for (int i = 0; i < 2; ++i) {
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    const auto response = client.read_response();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->body, body.text());
  }
}

HttpResponse counting_to(int last, const std::shared_ptr<std::atomic<int>>& called) {
  HttpResponse response;
  response.content_type = "text/plain";
  response.body = HttpBody::generated([last, called, next = 0](std::string& piece) mutable {
    ++*called;
    if (next == last) return false;
    if (next == 2) throw std::runtime_error("two is too much");
    if (next != 1) piece = "piece " + std::to_string(next);
    ++next;
    return true;
  });
  return response;
}

TEST(HttpServer, SendsAGeneratedBodyPieceByPiece) {
  const auto called = std::make_shared<std::atomic<int>>(0);
  const auto server = start_server([&](const HttpRequest& request) {
    return request.path == "/text" ? text_response("text")
                                   : counting_to(request.path == "/bad" ? 3 : 2, called);
  });
  RawClient client(port_of(server));
  client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  const auto head = client.read_response(RawClient::To::head);
  EXPECT_EQ(head->header("Transfer-Encoding"), "chunked");
  EXPECT_EQ(head->header("Content-Length"), std::nullopt);
  EXPECT_EQ(*called, 0) << "not called for HEAD";
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /text HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const std::string both = client.read_to_end();
  EXPECT_THAT(both, HasSubstr("\r\n\r\n7\r\npiece 0\r\n0\r\n\r\nHTTP/1.1 200 OK"))
      << "the empty piece is skipped";

  RawClient old(port_of(server));
  old.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const std::string plain = old.read_to_end();
  EXPECT_THAT(plain, testing::EndsWith("\r\n\r\npiece 0"));
  EXPECT_EQ(plain.find("chunked"), std::string::npos);

  RawClient bad(port_of(server));
  bad.send("GET /bad HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(bad.read_to_end(), testing::EndsWith("7\r\npiece 0\r\n")) << "no last chunk";
  EXPECT_EQ(server->statistics().handler_errors, 1U);
}

TEST(HttpServer, ReadsForms) {
  const auto server = start_server([](const HttpRequest& request) {
    const auto form = request.form();
    if (!form) return json_error(400, "no form");
    std::string text;
    for (const auto& [name, value] : *form) text += name + "=" + value + ";";
    return text_response(text);
  });
  const auto post = [&](const std::string& type, const std::string& body) {
    const auto response =
        test::ask(port_of(server), "POST / HTTP/1.1\r\nHost: h\r\n" + type +
                                       "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    return std::to_string(response->status) + " " + (response->status == 200 ? response->body : "");
  };
  const std::string form = "Content-Type: Application/X-WWW-Form-Urlencoded ; charset=UTF-8\r\n";
  EXPECT_EQ(post(form, "a=1&b=x+y%26z&a=2&flag&&=v"), "200 a=1;b=x y&z;a=2;flag=;=v;");
  EXPECT_EQ(post(form, ""), "200 ");
  EXPECT_EQ(post("Content-Type: application/json\r\n", "a=1"), "200 ");
  EXPECT_EQ(post("", "a=1"), "200 ");
  EXPECT_EQ(post(form, "a=%zz"), "400 ");
  std::string many = "f";
  for (std::size_t i = 1; i < HttpRequest::kMostFormFields; ++i) many += "&f";
  EXPECT_EQ(post(form, many).substr(0, 3), "200");
  EXPECT_EQ(post(form, many + "&f").substr(0, 3), "400");
}

}  // namespace
}  // namespace kymo::KYMO_ABI::net
