#include <future>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "raw_client.h"
#include "server_fixture.h"

namespace kymo::KYMO_ABI::net {
namespace {

using std::chrono::milliseconds;
using test::eventually;
using test::RawClient;
using test::start_server;
using test::text_response;
using ::testing::HasSubstr;

constexpr std::string_view kRequest = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

HttpResponse ok(const HttpRequest& request) { return text_response(std::string(request.path)); }

/// A handler that does not return until it is let go.
class Gate {
 public:
  HttpServer::Handler handler() {
    return [this](const HttpRequest&) {
      ++entered;
      future_.wait();
      return text_response("at last");
    };
  }
  void open() { promise_.set_value(); }

  std::atomic<int> entered{0};

 private:
  std::promise<void> promise_;
  std::shared_future<void> future_ = promise_.get_future().share();
};

TEST(HttpServerLimits, HeadTooLong) {
  const auto server = start_server(ok);
  RawClient client(server->endpoint().port);
  client.send("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(17'000, 'x'));
  const auto response = client.read_response();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 431);
  EXPECT_EQ(response->header("Connection"), "close");
  client.end_sending();
  EXPECT_TRUE(client.is_ended());
  EXPECT_EQ(server->statistics().requests_bad, 1U);
  EXPECT_EQ(server->statistics().requests, 0U);
}

TEST(HttpServerLimits, BodyTooLongDeclaredOrInChunks) {
  HttpServerOptions options;
  options.limits.body_bytes = 1000;
  const auto server = start_server(ok, options);
  const auto declared =
      test::ask(server->endpoint().port, "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n");
  EXPECT_EQ(declared->status, 413);
  std::string chunked = "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 101; ++i) chunked += "a\r\n0123456789\r\n";
  EXPECT_EQ(test::ask(server->endpoint().port, chunked)->status, 413);
  EXPECT_EQ(server->statistics().requests_bad, 2U);
}

/// A client that sends all of its large body before it reads must still get to read why.
TEST(HttpServerLimits, AnswerSurvivesWhatTheClientStillSends) {
  HttpServerOptions options;
  options.limits.body_bytes = 1000;
  const auto server = start_server(ok, options);
  for (int i = 0; i < 20; ++i) {
    RawClient client(server->endpoint().port);
    client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\n" + std::string(500'000, 'x'));
    const auto response = client.read_response();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 413);
  }
}

TEST(HttpServerLimits, SlowHeadGets408WhileHealthAnswers) {
  HttpServerOptions options;
  options.limits.header_time = milliseconds(500);
  const auto server = start_server(ok, options);
  RawClient slow(server->endpoint().port);
  slow.send("GET / HTTP/1.1\r\nHost: a\r\n");
  while (server->statistics().timeouts == 0) {
    EXPECT_EQ(test::get(server->endpoint().port, "/healthz")->body, "/healthz");
    slow.send("X: y\r\n");
    std::this_thread::sleep_for(milliseconds(5));  // its head must be late, not too long
  }
  const auto response = slow.read_response();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 408);
  EXPECT_EQ(response->header("Connection"), "close");
  EXPECT_EQ(server->statistics().requests_bad, 1U);
}

TEST(HttpServerLimits, TimesWithoutEndCutNobodyOff) {
  constexpr auto kNever = milliseconds::max();
  HttpServerOptions options;
  options.limits.header_time = options.limits.body_time = kNever;
  options.limits.write_time = options.limits.idle_time = kNever;
  options.retry_every = options.websocket.ping_every = options.websocket.close_time = kNever;
  const auto server = start_server(ok, options);
  RawClient client(server->endpoint().port);
  for (int i = 0; i < 2; ++i) {
    client.send(kRequest);
    const auto response = client.read_response();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 200);
  }
}

TEST(HttpServerLimits, AConnectionThatSendsNothingIsClosedInSilence) {
  HttpServerOptions options;
  options.limits.header_time = milliseconds(50);
  const auto server = start_server(ok, options);
  RawClient silent(server->endpoint().port);
  EXPECT_TRUE(silent.is_ended());
  EXPECT_EQ(server->statistics().timeouts, 1U);
}

TEST(HttpServerLimits, SlowBodyGets408) {
  HttpServerOptions options;
  options.limits.body_time = milliseconds(50);
  const auto server = start_server(ok, options);
  const auto response =
      test::ask(server->endpoint().port, "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\na");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 408);
  EXPECT_EQ(server->statistics().timeouts, 1U);
}

TEST(HttpServerLimits, AnIdleConnectionIsClosedInSilence) {
  HttpServerOptions options;
  options.limits.idle_time = milliseconds(50);
  const auto server = start_server(ok, options);
  RawClient client(server->endpoint().port);
  client.send(kRequest);
  EXPECT_EQ(client.read_response()->status, 200);
  EXPECT_TRUE(client.is_ended());
  EXPECT_EQ(server->statistics().timeouts, 0U);
}

TEST(HttpServerLimits, AClientThatTakesNothingIsClosed) {
  HttpServerOptions options;
  options.limits.write_time = milliseconds(100);
  const auto body = std::make_shared<const std::string>(50'000'000, 'x');
  const auto server = start_server(
      [&](const HttpRequest&) {
        HttpResponse response;
        response.body = body;
        return response;
      },
      options);
  RawClient client(server->endpoint().port);
  client.shrink_receive_buffer();
  client.send(kRequest);
  EXPECT_TRUE(eventually([&] { return server->statistics().timeouts == 1; }));
  EXPECT_TRUE(eventually([&] { return server->statistics().connections_open == 0; }));
  EXPECT_EQ(body.use_count(), 1) << "the body is kept";
}

TEST(HttpServerLimits, OverTheCapAtWorkNewcomersGet503) {
  Gate gate;
  HttpServerOptions options;
  options.limits.connections = 2;
  const auto server = start_server(gate.handler(), options);
  std::vector<std::unique_ptr<RawClient>> busy;
  for (int i = 0; i < 2; ++i) {
    busy.push_back(std::make_unique<RawClient>(server->endpoint().port));
    busy.back()->send(kRequest);
  }
  ASSERT_TRUE(eventually([&] { return gate.entered == 2; }));
  for (int i = 0; i < 200; ++i) {
    const auto response = test::get(server->endpoint().port, "/");
    ASSERT_TRUE(response) << i;
    EXPECT_EQ(response->status, 503);
    EXPECT_EQ(response->header("Retry-After"), "1");
    EXPECT_EQ(response->header("Connection"), "close");
  }
  EXPECT_EQ(server->statistics().connections_refused, 200U);
  gate.open();
  for (const auto& client : busy) EXPECT_EQ(client->read_response()->body, "at last");
  EXPECT_EQ(server->statistics().connections_evicted, 0U);
}

TEST(HttpServerLimits, OverTheCapOfAnAddressAtWorkNewcomersAreToldSo) {
  Gate gate;
  HttpServerOptions options;
  options.limits.connections_per_address = 2;
  const auto server = start_server(gate.handler(), options);
  std::vector<std::unique_ptr<RawClient>> busy;
  for (int i = 0; i < 2; ++i) {
    busy.push_back(std::make_unique<RawClient>(server->endpoint().port));
    busy.back()->send(kRequest);
  }
  ASSERT_TRUE(eventually([&] { return gate.entered == 2; }));
  const auto response = test::get(server->endpoint().port, "/");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 503);
  EXPECT_EQ(response->header("Retry-After"), std::nullopt);
  EXPECT_THAT(response->body, HasSubstr("too many connections from this address: all 2 are busy"));
  EXPECT_THAT(response->body, HasSubstr("web.trusted_proxies"));
  gate.open();
  for (const auto& client : busy) EXPECT_EQ(client->read_response()->body, "at last");
}

TEST(HttpServerLimits, ATrustedProxyIsNotLimitedAsOneAddress) {
  Gate gate;
  HttpServerOptions options;
  options.limits.connections_per_address = 2;
  options.threads = 4;
  options.trusted_proxies = {Network::parse("127.0.0.1")};
  const auto server = start_server(gate.handler(), options);
  std::vector<std::unique_ptr<RawClient>> busy;
  for (int i = 0; i < 4; ++i) {
    busy.push_back(std::make_unique<RawClient>(server->endpoint().port));
    busy.back()->send(kRequest);
  }
  EXPECT_TRUE(eventually([&] { return gate.entered == 4; }));
  gate.open();
  for (const auto& client : busy) EXPECT_EQ(client->read_response()->body, "at last");
  EXPECT_EQ(server->statistics().connections_evicted, 0U);
}

TEST(HttpServerLimits, OverTheCapOfAnAddressTheLongestWaitingGoes) {
  HttpServerOptions options;
  options.limits.connections_per_address = 2;
  const auto server = start_server(ok, options);
  RawClient first(server->endpoint().port);
  RawClient second(server->endpoint().port);
  first.send(kRequest);
  EXPECT_TRUE(first.read_response());
  second.send(kRequest);
  EXPECT_TRUE(second.read_response());
  EXPECT_EQ(test::get(server->endpoint().port, "/third")->body, "/third");
  EXPECT_TRUE(first.is_ended());
  second.send(kRequest);
  EXPECT_TRUE(second.read_response()) << "the younger one was closed";
  EXPECT_EQ(server->statistics().connections_evicted, 1U);
  EXPECT_EQ(server->statistics().connections_refused, 0U);
}

TEST(HttpServerLimits, TwoThousandHalfOpenClientsKeepNobodyOut) {
  const auto server = start_server(ok);
  std::vector<std::unique_ptr<RawClient>> half_open;
  for (int i = 0; i < 2000; ++i) {
    half_open.push_back(std::make_unique<RawClient>(server->endpoint().port));
    half_open.back()->send("GET / HTTP/1.1\r\nHos");
    if (i % 20 == 0) {
      const auto response = test::get(server->endpoint().port, "/healthz");
      ASSERT_TRUE(response) << i;
      EXPECT_EQ(response->body, "/healthz");
    }
  }
  const auto statistics = server->statistics();
  EXPECT_LE(statistics.connections_open, 256U + 64U);
  EXPECT_GE(statistics.connections_evicted, 2000U - 256U - 100U);
  EXPECT_EQ(statistics.connections_refused, 0U);
}

/// However the others hold the places: at work, with half a request, or with a request for something else.
TEST(HttpServerLimits, HealthChecksKeepPlacesWhereAllAreTaken) {
  Gate gate;
  HttpServerOptions options;
  options.limits.connections = 2;
  options.thread_class = [](std::string_view, std::string_view target) {
    return target == "/healthz" ? ThreadClass::quick : ThreadClass::normal;
  };
  const auto slow = gate.handler();
  const auto server = start_server(
      [&](const HttpRequest& request) {
        return request.path == "/healthz" ? text_response("alive") : slow(request);
      },
      options);
  const std::uint16_t port = server->endpoint().port;
  std::vector<std::unique_ptr<RawClient>> busy;
  for (int i = 0; i < 2; ++i) {
    busy.push_back(std::make_unique<RawClient>(port));
    busy.back()->send(kRequest);
  }
  ASSERT_TRUE(eventually([&] { return gate.entered == 2; }));
  std::vector<std::unique_ptr<RawClient>> others;
  for (int i = 0; i < 200; ++i) {
    others.push_back(std::make_unique<RawClient>(port));
    if (i % 3 > 0) others.back()->send(i % 3 == 1 ? "GET / HTT" : kRequest);
    const auto alive = test::get(port, "/healthz");
    ASSERT_TRUE(alive) << i;
    EXPECT_EQ(alive->body, "alive");
    EXPECT_EQ(alive->header("Connection"), "close");
    if (i % 3 == 2) {
      EXPECT_EQ(others.back()->read_response()->status, 503);
    }
  }
  EXPECT_EQ(others.back()->read_response()->status, 503) << "its request is not whole after a second";
  EXPECT_LE(server->statistics().connections_open, 2U + 64U + 64U);
  gate.open();
  for (const auto& client : busy) EXPECT_EQ(client->read_response()->body, "at last");
}

TEST(HttpServerLimits, WhoTakesNothingGoesBeforeWhoWaits) {
  HttpServerOptions options;
  options.limits.connections = 2;
  const auto large = std::make_shared<const std::string>(50'000'000, 'x');
  const auto server = start_server(
      [&](const HttpRequest& request) {
        HttpResponse response = text_response("small");
        if (request.path == "/large") response.body = large;
        return response;
      },
      options);
  RawClient idle(server->endpoint().port);
  idle.send(kRequest);
  EXPECT_TRUE(idle.read_response());
  RawClient stalled(server->endpoint().port);
  stalled.shrink_receive_buffer();
  stalled.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return server->statistics().responses_in_flight_bytes > 0; }));
  std::this_thread::sleep_for(
      milliseconds(2500));  // a second makes it stalled, once it has taken the first bytes
  EXPECT_EQ(test::get(server->endpoint().port, "/third")->body, "small");
  idle.send(kRequest);
  EXPECT_TRUE(idle.read_response()) << "the idle one was closed";
  EXPECT_EQ(server->statistics().connections_evicted, 1U);
}

/// Three bodies, of which two fit; those who are sent the same one share it.
TEST(HttpServerLimits, ResponsesThatAreBeingSentHaveALimit) {
  constexpr std::size_t kSize = 2'000'000;
  HttpServerOptions options;
  options.limits.responses_bytes = 2 * kSize + 1;
  options.limits.write_time = milliseconds::max();
  const auto shared = std::make_shared<const std::string>(kSize, 's');
  const auto server = start_server(
      [&](const HttpRequest& request) {
        if (request.path == "/small") return text_response("small");
        HttpResponse response;
        response.body = request.path == "/shared" ? shared : std::make_shared<const std::string>(kSize, 'o');
        return response;
      },
      options);
  std::vector<std::unique_ptr<RawClient>> slow;
  const auto hold = [&](std::string_view path) {
    const auto before = server->statistics().requests;
    slow.push_back(std::make_unique<RawClient>(server->endpoint().port));
    slow.back()->shrink_receive_buffer();
    slow.back()->send("GET " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n\r\n");
    return eventually([&] { return server->statistics().requests > before; });
  };
  ASSERT_TRUE(hold("/shared"));
  ASSERT_TRUE(hold("/own"));
  ASSERT_TRUE(eventually([&] { return server->statistics().responses_in_flight_bytes == 2 * kSize; }));
  const auto refused = test::get(server->endpoint().port, "/own");
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 503);
  EXPECT_EQ(refused->header("Retry-After"), "1");
  EXPECT_THAT(refused->body, HasSubstr("http.max_responses_size"));
  EXPECT_EQ(server->statistics().responses_refused, 1U);
  EXPECT_EQ(test::get(server->endpoint().port, "/shared")->body.size(), kSize);
  EXPECT_EQ(test::get(server->endpoint().port, "/small")->body, "small");
  std::this_thread::sleep_for(milliseconds(1500));  // what makes them stalled
  EXPECT_TRUE(eventually([&] { return test::get(server->endpoint().port, "/own")->status == 200; }));
  EXPECT_TRUE(eventually([&] { return server->statistics().responses_in_flight_bytes == 0; }));
  EXPECT_EQ(shared.use_count(), 1);
}

TEST(HttpServerLimits, ASingleResponseMayBeLargerThanAllMayBe) {
  HttpServerOptions options;
  options.limits.responses_bytes = 1;
  const auto server =
      start_server([](const HttpRequest&) { return text_response(std::string(100'000, 'x')); }, options);
  EXPECT_EQ(test::get(server->endpoint().port, "/")->body.size(), 100'000U);
}

TEST(HttpServerLimits, QuickPathsPassSlowHandlers) {
  Gate gate;
  HttpServerOptions options;
  options.thread_class = [](std::string_view, std::string_view target) {
    return target == "/healthz" ? ThreadClass::quick : ThreadClass::normal;
  };
  const auto slow = gate.handler();
  const auto server = start_server(
      [&](const HttpRequest& request) {
        return request.path == "/healthz" ? text_response("alive") : slow(request);
      },
      options);
  std::vector<std::unique_ptr<RawClient>> waiting;
  for (int i = 0; i < 20; ++i) {
    waiting.push_back(std::make_unique<RawClient>(server->endpoint().port));
    waiting.back()->send(kRequest);
  }
  ASSERT_TRUE(eventually([&] { return gate.entered == 2; }));
  EXPECT_EQ(test::get(server->endpoint().port, "/healthz")->body, "alive");
  gate.open();
  for (const auto& client : waiting) EXPECT_EQ(client->read_response()->body, "at last");
}

ThreadClass heavy_below_heavy(std::string_view /*method*/, std::string_view target) {
  return target.starts_with("/heavy") ? ThreadClass::heavy : ThreadClass::normal;
}

TEST(HttpServerLimits, HeavyRoutesDelayNoOthers) {
  Gate gate;
  HttpServerOptions options;
  options.threads = 1;
  options.heavy_threads = 2;
  options.limits.heavy_waiting = 1;
  options.thread_class = heavy_below_heavy;
  const auto heavy = gate.handler();
  const auto server = start_server(
      [&](const HttpRequest& request) {
        return request.path == "/" ? text_response("quick") : heavy(request);
      },
      options);
  const std::uint16_t port = server->endpoint().port;
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(std::make_unique<RawClient>(port));
    clients.back()->send("GET /heavy HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_TRUE(eventually([&] { return gate.entered == std::min(i + 1, 2); }));
  }
  ASSERT_TRUE(eventually([&] { return server->statistics().requests == 3; }));
  const auto refused = test::get(port, "/heavy");
  EXPECT_EQ(refused->status, 503);
  EXPECT_EQ(refused->header("Retry-After"), "1");
  EXPECT_EQ(server->statistics().heavy_refused, 1U);
  EXPECT_EQ(test::get(port, "/")->body, "quick");
  gate.open();
  for (const auto& client : clients) EXPECT_EQ(client->read_response()->body, "at last");
}

/// A handler that returns when nobody waits any more.
HttpResponse until_cancelled(const HttpRequest& request) {
  while (!request.cancel.stop_requested()) std::this_thread::sleep_for(milliseconds(1));
  return text_response("cancelled");
}

TEST(HttpServerLimits, AHandlerLearnsThatItsClientHasLeft) {
  const auto server = start_server(until_cancelled);
  {
    RawClient client(server->endpoint().port);
    client.send(std::string(kRequest) + "GET / HT");  // bytes that nobody reads hide no end
    ASSERT_TRUE(eventually([&] { return server->statistics().requests == 1; }));
    EXPECT_EQ(server->statistics().requests_cancelled, 0U);
  }
  EXPECT_TRUE(eventually([&] { return server->statistics().requests_cancelled == 1; }));
}

TEST(HttpServerLimits, AHandlerLearnsThatItsTimeIsUp) {
  HttpServerOptions options;
  options.threads = 1;
  options.limits.answer_time = milliseconds(300);
  std::atomic<bool> had_time{false};
  const auto server = start_server(
      [&](const HttpRequest& request) {
        had_time = request.deadline > request.received &&
                   request.deadline < request.received + std::chrono::seconds(1);
        HttpResponse response = until_cancelled(request);
        // The request behind this one waits past its own deadline, too.
        std::this_thread::sleep_for(milliseconds(400));
        return response;
      },
      options);
  RawClient first(server->endpoint().port);
  first.send(kRequest);
  ASSERT_TRUE(eventually([&] { return server->statistics().requests == 1; }));
  const auto late = test::get(server->endpoint().port, "/");
  EXPECT_EQ(first.read_response()->body, "cancelled");
  EXPECT_TRUE(had_time);
  EXPECT_EQ(late->status, 503);
  EXPECT_EQ(late->header("Retry-After"), "1");
  EXPECT_EQ(server->statistics().requests_late, 1U);
}

TEST(HttpServerLimits, AHandlerLearnsThatTheServerStops) {
  std::atomic<bool> entered{false};
  const auto server = start_server([&](const HttpRequest& request) {
    entered = true;
    return until_cancelled(request);
  });
  RawClient client(server->endpoint().port);
  client.send(kRequest);
  ASSERT_TRUE(eventually([&] { return entered.load(); }));
  server->stop();
  EXPECT_EQ(server->statistics().requests_cancelled, 1U);
}

}  // namespace
}  // namespace kymo::KYMO_ABI::net
