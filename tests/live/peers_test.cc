#include <kymo/live/peers.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include <kymo/live/past_sessions.h>
#include <kymo/live/router.h>

namespace kymo::live {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

constexpr std::chrono::system_clock::time_point kNoon{seconds(1'700'000'000)};

net::HttpResponse ask(const Router& router, const std::string& path, net::HttpRequest::Pairs query = {}) {
  net::HttpRequest request;
  request.method = "GET";
  request.target = path;
  request.path = path;
  request.query = std::move(query);
  request.header = [](std::string_view) { return std::string_view(); };
  return router.handle(request);
}

PeerSource one_peer() {
  const PeerFigures anna{.peer_id = "a/1",
                         .peer_name = "anna",
                         .status = PeerStatus::degraded,
                         .latency = {.current_ms = 12.5, .avg_ms = 11, .min_ms = 9, .max_ms = 20},
                         .packet_loss_percent = 0.5,
                         .bytes_sent = 7,
                         .uptime = milliseconds(1500),
                         .last_seen = kNoon,
                         .quality_score = 81,
                         .quality_trend = QualityTrend::improving};
  return {.peers = [=] { return std::vector{anna}; },
          .peer = [=](std::string_view id) { return id == "a/1" ? std::optional(anna) : std::nullopt; },
          .latency = [](std::string_view id, seconds duration) -> std::optional<std::vector<LatencyPoint>> {
            if (id != "a/1") return std::nullopt;
            return std::vector<LatencyPoint>{{kNoon - duration, std::nullopt}, {kNoon, 12.5}};
          }};
}

TEST(Peers, WithoutASourceThereAreNone) {
  const Router router(peer_routes({}));
  EXPECT_EQ(*ask(router, "/api/metrics/peers").body, "{\"peers\":[]}\n");
  for (const char* path : {"/api/metrics/peers/a", "/api/metrics/peers/a/latency"}) {
    EXPECT_EQ(ask(router, path).status, 404) << path;
    EXPECT_THAT(*ask(router, path).body, HasSubstr(R"(there is no peer \"a\")"));
  }
}

TEST(Peers, AreShownWithWhatIsKnownOfThem) {
  const Router router(peer_routes(one_peer()));
  const std::string anna =
      R"({"peer_id":"a/1","peer_name":"anna","status":"degraded",)"
      R"("latency_ms":{"current":12.5,"avg":11,"min":9,"max":20},"jitter_ms":null,"packet_loss_percent":0.5,)"
      R"("bytes_sent":7,"bytes_received":0,"packets_sent":0,"packets_received":0,"uptime_seconds":1.5,)"
      R"("last_seen":"2023-11-14T22:13:20.000Z","quality_score":81,"quality_trend":"improving"})";
  EXPECT_EQ(*ask(router, "/api/metrics/peers").body, "{\"peers\":[" + anna + "]}\n");
  EXPECT_EQ(*ask(router, "/api/metrics/peers/a%2F1").body, anna + "\n");
  EXPECT_EQ(ask(router, "/api/metrics/peers/a").status, 404);
}

TEST(Peers, HaveAHistoryOfLatencies) {
  const Router router(peer_routes(one_peer()));
  const std::string path = "/api/metrics/peers/a%2F1/latency";
  EXPECT_EQ(*ask(router, path, {{"duration", "20s"}}).body,
            R"({"peer_id":"a/1","points":[{"timestamp":"2023-11-14T22:13:00.000Z","latency_ms":null},)"
            R"({"timestamp":"2023-11-14T22:13:20.000Z","latency_ms":12.5}]})"
            "\n");
  EXPECT_THAT(*ask(router, path).body, HasSubstr("21:13:20")) << "an hour";
  EXPECT_EQ(ask(router, path, {{"duration", "soon"}}).status, 400);
  EXPECT_EQ(ask(router, "/api/metrics/peers/b/latency").status, 404);
}

TEST(PastSessions, AreListed) {
  std::size_t asked = 0;
  const Router router({past_sessions_route([&](std::size_t limit) {
    asked = limit;
    return std::vector<PastSession>{{.session_id = "1",
                                     .kind = "call",
                                     .name = "anna",
                                     .start_time = kNoon,
                                     .end_time = kNoon + seconds(90),
                                     .duration = seconds(90),
                                     .peers = {"a", "b"},
                                     .latency = {.avg_ms = 20, .min_ms = 10, .max_ms = 30}},
                                    {.session_id = "2", .start_time = kNoon}};
  })});
  EXPECT_EQ(
      *ask(router, "/api/metrics/sessions").body,
      R"({"sessions":[{"session_id":"1","kind":"call","name":"anna",)"
      R"("start_time":"2023-11-14T22:13:20.000Z","end_time":"2023-11-14T22:14:50.000Z",)"
      R"("duration_seconds":90,"peers":["a","b"],"latency_ms":{"min":10,"avg":20,"max":30}},)"
      R"({"session_id":"2","kind":"","name":"","start_time":"2023-11-14T22:13:20.000Z","end_time":null,)"
      R"("duration_seconds":0,"peers":[],"latency_ms":{"min":null,"avg":null,"max":null}}]})"
      "\n");
  EXPECT_EQ(asked, 10U);
  EXPECT_EQ(ask(router, "/api/metrics/sessions", {{"limit", "1000"}}).status, 200);
  EXPECT_EQ(asked, 1000U);
  for (const char* limit : {"", "0", "1001", "ten", "-1", "1 "}) {
    EXPECT_EQ(ask(router, "/api/metrics/sessions", {{"limit", limit}}).status, 400) << limit;
  }
}

TEST(PastSessions, WithoutASourceThereAreNone) {
  EXPECT_EQ(*ask(Router({past_sessions_route({})}), "/api/metrics/sessions").body, "{\"sessions\":[]}\n");
}

}  // namespace
}  // namespace kymo::live
