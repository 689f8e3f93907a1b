// The client, against the server that kymo serves with, and against servers that do not do what they should.
#include <kymo/net/http_client.h>

#include <atomic>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server_fixture.h"

namespace kymo::KYMO_ABI::net {
namespace {

using test::start_server;
using test::text_response;
using testing::HasSubstr;

HttpServerOptions at(const Endpoint& endpoint) {
  HttpServerOptions options;
  options.listen = endpoint;
  return options;
}

ClientUrl url_of(const HttpServer& server) { return ClientUrl::parse(server.endpoint().to_string()); }

/// What a call that must fail says.
template <class Call>
std::pair<ClientError::Kind, std::string> failure_of(Call call) {
  try {
    (void)call();
  } catch (const ClientError& error) {
    return {error.kind(), error.what()};
  }
  ADD_FAILURE() << "it did not fail";
  return {};
}

TEST(HttpClient, AsksOnOneConnectionWithTheToken) {
  const auto server = start_server([](const HttpRequest& request) {
    return text_response(std::string(request.target) + " " + std::string(request.header("authorization")));
  });
  HttpClient client(url_of(*server), {.token = "of-sixteen-letters"});
  for (int i = 0; i < 3; ++i) {
    const HttpAnswer answer = client.get("/a?b=c");
    EXPECT_EQ(answer.status, 200U);
    EXPECT_EQ(answer.body, "/a?b=c Bearer of-sixteen-letters");
  }
  EXPECT_EQ(server->statistics().connections_accepted, 1U);
}

TEST(HttpClient, PostsWithoutABody) {
  const auto server = start_server([](const HttpRequest& request) {
    return text_response(std::string(request.method) + " " + std::string(request.target) + " [" +
                         std::string(request.body) + "]");
  });
  HttpClient client(url_of(*server), {});
  EXPECT_EQ(client.post("/api/profile/start").body, "POST /api/profile/start []");
  EXPECT_EQ(client.get("/").body, "GET / []");
}

TEST(HttpClient, SaysNothingOfATokenThatThereIsNot) {
  const auto server = start_server([](const HttpRequest& request) {
    return text_response("[" + std::string(request.header("authorization")) + "]");
  });
  EXPECT_EQ(HttpClient(url_of(*server), {}).get("/").body, "[]");
}

TEST(HttpClient, GivesAnAnswerThatIsNo) {
  const auto server = start_server([](const HttpRequest&) {
    HttpResponse response = text_response("no");
    response.status = 401;
    return response;
  });
  HttpClient client(url_of(*server), {});
  EXPECT_EQ(client.get("/").status, 401U);
  EXPECT_THAT(status_error(url_of(*server), 401, false).what(), HasSubstr("--token-file"));
}

TEST(HttpClient, GoesOnWhenTheServerWasStartedAnew) {
  auto server = start_server([](const HttpRequest&) { return text_response("1"); });
  const Endpoint endpoint = server->endpoint();
  HttpClient client(url_of(*server), {});
  EXPECT_EQ(client.get("/").body, "1");
  server.reset();
  server = start_server([](const HttpRequest&) { return text_response("2"); }, at(endpoint));
  ASSERT_TRUE(test::eventually([&] { return server->listening(); }));
  EXPECT_EQ(client.get("/").body, "2");
}

TEST(HttpClient, SaysThatNobodyIsThere) {
  auto server = start_server([](const HttpRequest&) { return text_response(""); });
  const ClientUrl url = url_of(*server);
  server.reset();
  const auto [kind, text] = failure_of([&] { return HttpClient(url, {}).get("/"); });
  EXPECT_EQ(kind, ClientError::Kind::unreachable);
  EXPECT_EQ(text, "cannot reach " + url.authority() +
                      ": connection refused; is the server running, and is this its address?");
}

TEST(HttpClient, WaitsForNoAnswerThatDoesNotCome) {
  std::atomic<bool> is_over{false};
  const auto server = start_server([&](const HttpRequest&) {
    while (!is_over) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    return text_response("late");
  });
  const auto [kind, text] = failure_of(
      [&] { return HttpClient(url_of(*server), {.timeout = std::chrono::milliseconds(100)}).get("/"); });
  is_over = true;
  EXPECT_EQ(kind, ClientError::Kind::unreachable);
  EXPECT_THAT(text, HasSubstr("no answer within 100 ms"));
}

TEST(HttpClient, TakesNoMoreThanItsLimit) {
  const auto server = start_server([](const HttpRequest&) { return text_response(std::string(2000, 'x')); });
  const auto [kind, text] =
      failure_of([&] { return HttpClient(url_of(*server), {.max_bytes = 1000}).get("/"); });
  EXPECT_EQ(kind, ClientError::Kind::broken);
  EXPECT_THAT(text, HasSubstr("more than 1000 bytes"));
}

TEST(HttpClient, EndsWhenItIsInterrupted) {
  std::atomic<bool> is_asked{false};
  std::atomic<bool> is_over{false};
  const auto server = start_server([&](const HttpRequest&) {
    is_asked = true;
    while (!is_over) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    return text_response("late");
  });
  HttpClient client(url_of(*server), {.timeout = test::kBound});
  std::thread other([&] {
    test::eventually([&] { return is_asked.load(); });
    client.interrupt();
  });
  EXPECT_EQ(failure_of([&] { return client.get("/"); }).first, ClientError::Kind::interrupted);
  EXPECT_EQ(failure_of([&] { return client.get("/"); }).first, ClientError::Kind::interrupted);
  other.join();
  is_over = true;
}

TEST(HttpClient, SaysThatAServerHasNoTls) {
  const auto server = start_server([](const HttpRequest&) { return text_response(""); });
  ClientUrl url = url_of(*server);
  url.tls = true;
  const auto [kind, text] = failure_of([&] { return HttpClient(url, {}).get("/"); });
  EXPECT_EQ(kind, ClientError::Kind::untrusted);
  EXPECT_THAT(text, HasSubstr("no TLS with " + url.authority()));
}

TEST(HttpClient, NamesAFileOfAuthoritiesThatCannotBeRead) {
  const auto [kind, text] = failure_of([] {
    return HttpClient(ClientUrl::parse("https://127.0.0.1:1"), {.ca_file = "/nowhere.pem"}).get("/");
  });
  EXPECT_EQ(kind, ClientError::Kind::bad_address);
  EXPECT_THAT(text, HasSubstr("/nowhere.pem: no authorities"));
}

}  // namespace
}  // namespace kymo::KYMO_ABI::net
