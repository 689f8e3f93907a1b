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
                         .quality_trend = QualityTrend::improving,
                         .quality_label = QualityLabel::excellent,
                         .round_trips = {.count = 3, .min_ms = 9, .max_ms = 20, .p95_ms = 19},
                         .interarrival_jitter_ms = 2.5,
                         .sent_bytes_per_second = 700,
                         .probes_sent = 4,
                         .probes_answered = 3,
                         .path = PathFigures{.score = 88,
                                             .grade = "B",
                                             .mean_of_5_minutes = 80,
                                             .latency = 94,
                                             .jitter = 95,
                                             .packet_loss = 99,
                                             .stability = 75},
                         .voice = VoiceFigures{.r_factor = 90, .mean_opinion_score = 4.3}};
  return {
      .peers = [=] { return std::vector{anna}; },
      .peer = [=](std::string_view id) { return id == "a/1" ? std::optional(anna) : std::nullopt; },
      .latency = [](std::string_view id, seconds duration) -> std::optional<std::vector<LatencyPoint>> {
        if (id != "a/1") return std::nullopt;
        return std::vector<LatencyPoint>{{kNoon - duration, std::nullopt}, {kNoon, 12.5}};
      },
      .hourly = [](std::string_view id) -> std::optional<std::vector<PeerHour>> {
        if (id != "a/1") return std::nullopt;
        return std::vector<PeerHour>{{.begin = kNoon, .count = 2, .min = 1, .max = 3, .avg = 2}};
      },
      .network =
          [] {
            return NetworkFigures{
                .peers = 3, .connected = 1, .degraded = 1, .disconnected = 1, .score = 71.5, .grade = "B"};
          }};
}

TEST(Peers, WithoutASourceThereAreNone) {
  const Router router(peer_routes({}));
  EXPECT_EQ(*ask(router, "/api/metrics/peers").body, "{\"peers\":[]}\n");
  EXPECT_EQ(
      *ask(router, "/api/metrics/network").body,
      "{\"peers\":0,\"connected\":0,\"degraded\":0,\"disconnected\":0,\"score\":null,\"grade\":null}\n");
  for (const char* path :
       {"/api/metrics/peers/a", "/api/metrics/peers/a/latency", "/api/metrics/peers/a/hourly"}) {
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
      R"("last_seen":"2023-11-14T22:13:20.000Z","quality_score":81,"quality_trend":"improving",)"
      R"("quality_label":"excellent","rtt_ms":{"count":3,"min":9,"max":20,"avg":null,"p95":19,"sum":null},)"
      R"("interarrival_jitter_ms":2.5,)"
      R"("bandwidth":{"sent_bytes_per_second":700,"received_bytes_per_second":null},)"
      R"("probes":{"sent":4,"answered":3},)"
      R"("path":{"score":88,"grade":"B","score_5m":80,"latency":94,"jitter":95,"packet_loss":99,"bandwidth":0,)"
      R"("stability":75},"voice":{"r_factor":90,"mos":4.3}})";
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

TEST(Peers, OfWhomNothingIsKnownHaveNulls) {
  const Router router(peer_routes({.peers = [] { return std::vector<PeerFigures>{{.peer_id = "\xff\n"}}; }}));
  EXPECT_THAT(*ask(router, "/api/metrics/peers").body,
              testing::AllOf(HasSubstr("\"peer_id\":\"\uFFFD\\n\""),
                             HasSubstr("\"path\":null,\"voice\":null"), HasSubstr("\"quality_label\":null")));
}

TEST(Peers, HaveHoursAndMakeUpANetwork) {
  const Router router(peer_routes(one_peer()));
  EXPECT_EQ(
      *ask(router, "/api/metrics/peers/a%2F1/hourly").body,
      R"({"peer_id":"a/1","hours":[{"begin":"2023-11-14T22:13:20.000Z","count":2,"min":1,"max":3,"avg":2}]})"
      "\n");
  EXPECT_EQ(ask(router, "/api/metrics/peers/b/hourly").status, 404);
  EXPECT_EQ(*ask(router, "/api/metrics/network").body,
            R"({"peers":3,"connected":1,"degraded":1,"disconnected":1,"score":71.5,"grade":"B"})"
            "\n");
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
                                     .latency = {.avg_ms = 20, .min_ms = 10, .max_ms = 30},
                                     .interrupted = true},
                                    {.session_id = "2", .start_time = kNoon}};
  })});
  EXPECT_EQ(
      *ask(router, "/api/metrics/sessions").body,
      R"({"sessions":[{"session_id":"1","kind":"call","name":"anna",)"
      R"("start_time":"2023-11-14T22:13:20.000Z","end_time":"2023-11-14T22:14:50.000Z",)"
      R"("duration_seconds":90,"peers":["a","b"],"latency_ms":{"min":10,"avg":20,"max":30},"interrupted":true},)"
      R"({"session_id":"2","kind":"","name":"","start_time":"2023-11-14T22:13:20.000Z","end_time":null,)"
      R"("duration_seconds":0,"peers":[],"latency_ms":{"min":null,"avg":null,"max":null},"interrupted":false}]})"
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
