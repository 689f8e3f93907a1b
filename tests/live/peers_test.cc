#include <kymo/live/peers.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <kymo/live/router.h>
#include <kymo/peers/peer_table.h>
#include <kymo/peers/session_log.h>

#include "src/live/shown_peers.h"
#include "tests/system/manual_clock.h"

namespace kymo::KYMO_ABI::live {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

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

class PeersTest : public testing::Test {
 protected:
  std::string body(const std::string& path, net::HttpRequest::Pairs query = {}) {
    return ask(router_, path, std::move(query)).body.text();
  }
  int status(const std::string& path, net::HttpRequest::Pairs query = {}) {
    return ask(router_, path, std::move(query)).status;
  }

  system::ManualClock clock_;  // begins at 2023-11-14T22:13:20Z
  peers::PeerTable table_{{.clock = &clock_}};
  Router router_{peer_routes(&table_)};
};

TEST(Peers, WithoutATableThereAreNone) {
  const Router router(peer_routes(nullptr));
  EXPECT_EQ(ask(router, "/api/metrics/peers").body.text(), "{\"peers\":[]}\n");
  EXPECT_EQ(
      ask(router, "/api/metrics/network").body.text(),
      "{\"peers\":0,\"connected\":0,\"degraded\":0,\"disconnected\":0,\"score\":null,\"grade\":null}\n");
  for (const char* path :
       {"/api/metrics/peers/a", "/api/metrics/peers/a/latency", "/api/metrics/peers/a/hourly"}) {
    EXPECT_EQ(ask(router, path).status, 404) << path;
    EXPECT_THAT(ask(router, path).body.text(), HasSubstr(R"(there is no peer \"a\")"));
  }
}

TEST(Peers, AreShownWithWhatIsKnownOfThem) {
  const peers::PeerState anna{
      .id = "a/1",
      .name = "anna",
      .status = peers::PeerStatus::degraded,
      .latency_ms = 12.5,
      .latencies = {.count = 3, .min = 9, .max = 20, .average = 11, .p95 = 19, .sum = std::nullopt},
      .jitter_ms = 3,
      .interarrival_jitter_ms = 2.5,
      .packet_loss_percent = 0.5,
      .probes_sent = 5,
      .probes_answered = 3,
      .probes_limited = 1,
      .traffic = {.bytes_sent = 7, .bytes_received = 8, .packets_sent = 1, .packets_received = 2},
      .bandwidth = {.sent_bytes_per_s = 700},
      .uptime = milliseconds(1500),
      .last_seen = kNoon,
      .quality_score = 81,
      .quality_reason = "latency 12.5 ms takes 3 of 100 points",
      .quality_trend = peers::QualityTrend::improving,
      .path = {.latency = 94, .jitter = 95, .packet_loss = 99, .stability = 75, .total = 88},
      .path_score_5m = 80,
      .voice = peers::VoiceScore{.r_factor = 90, .mean_opinion_score = 4.3}};
  std::string shown;
  base::JsonWriter json(shown);
  json.begin_object();
  write_peer(anna, json);
  json.end_object();
  EXPECT_EQ(
      shown,
      R"({"peer_id":"a/1","peer_name":"anna","status":"degraded",)"
      R"("latency_ms":{"current":12.5,"avg":11,"min":9,"max":20},"jitter_ms":3,"packet_loss_percent":0.5,)"
      R"("bytes_sent":7,"bytes_received":8,"packets_sent":1,"packets_received":2,"uptime_seconds":1.5,)"
      R"("last_seen":"2023-11-14T22:13:20.000Z","quality_score":81,"quality_trend":"improving",)"
      R"("quality_label":"excellent","quality_reason":"latency 12.5 ms takes 3 of 100 points",)"
      R"("rtt_ms":{"count":3,"min":9,"max":20,"avg":11,"p95":19,"sum":null},)"
      R"("interarrival_jitter_ms":2.5,)"
      R"("bandwidth":{"sent_bytes_per_second":700,"received_bytes_per_second":0},)"
      R"("probes":{"sent":5,"answered":3,"limited":1},)"
      R"("path":{"score":88,"grade":"B","score_5m":80,"latency":94,"jitter":95,"packet_loss":99,"bandwidth":null,)"
      R"("stability":75},"voice":{"r_factor":90,"mos":4.3}})");
}

TEST_F(PeersTest, AreFoundByTheirIds) {
  table_.add("a/1", "anna");
  table_.add("ben");
  EXPECT_THAT(body("/api/metrics/peers"),
              AllOf(StartsWith(R"({"peers":[{"peer_id":"a/1","peer_name":"anna",)"),
                    HasSubstr(R"("voice":null},{"peer_id":"ben","peer_name":"",)")));
  EXPECT_THAT(body("/api/metrics/peers/a%2F1"), StartsWith(R"({"peer_id":"a/1",)"));
  EXPECT_EQ(status("/api/metrics/peers/a"), 404);
}

TEST_F(PeersTest, HaveAHistoryOfLatencies) {
  table_.add("a/1");
  table_.record_latency("a/1", seconds(1));
  clock_.advance(std::chrono::minutes(30));
  table_.record_timeout("a/1");
  clock_.advance(seconds(20));
  table_.record_latency("a/1", microseconds(12'500));
  const std::string path = "/api/metrics/peers/a%2F1/latency";
  EXPECT_EQ(body(path, {{"duration", "20s"}}),
            R"({"peer_id":"a/1","points":[{"timestamp":"2023-11-14T22:43:20.000Z","latency_ms":null},)"
            R"({"timestamp":"2023-11-14T22:43:40.000Z","latency_ms":12.5}]})"
            "\n");
  EXPECT_THAT(body(path), HasSubstr("22:13:20")) << "an hour";
  EXPECT_EQ(status(path, {{"duration", "soon"}}), 400);
  EXPECT_EQ(status("/api/metrics/peers/b/latency"), 404);
}

TEST_F(PeersTest, HaveTheirLatenciesOfAWindowTakenTogether) {
  table_.add("a/1");
  table_.record_latency("a/1", seconds(1));
  clock_.advance(std::chrono::minutes(10));
  for (int i = 1; i <= 20; ++i) table_.record_latency("a/1", milliseconds(i));
  table_.record_timeout("a/1");
  const std::string path = "/api/metrics/peers/a%2F1/latency";
  EXPECT_EQ(body(path, {{"window", "5m"}}),
            R"({"peer_id":"a/1","window_seconds":300,)"
            R"("latency_ms":{"count":20,"min":1,"max":20,"avg":10.5,"p95":19,"sum":210}})"
            "\n");
  EXPECT_THAT(body(path, {{"window", "3600"}}), HasSubstr(R"("count":21,"min":1,"max":1000,)"));
  clock_.advance(seconds(10));
  EXPECT_EQ(body(path, {{"window", "5s"}}),
            R"({"peer_id":"a/1","window_seconds":5,)"
            R"("latency_ms":{"count":0,"min":null,"max":null,"avg":null,"p95":null,"sum":null}})"
            "\n");
  for (const char* window : {"", "0", "soon", "-5m", "1.5s", "11y"}) {
    EXPECT_EQ(status(path, {{"window", window}}), 400) << window;
  }
  EXPECT_EQ(status(path, {{"window", "5m"}, {"duration", "5m"}}), 400);
  EXPECT_EQ(status("/api/metrics/peers/b/latency", {{"window", "5m"}}), 404);
}

TEST_F(PeersTest, WithoutAPeriodRefuseOne) {
  table_.add("a/1");
  for (const char* path : {"/api/metrics/peers", "/api/metrics/peers/a%2F1",
                           "/api/metrics/peers/a%2F1/hourly", "/api/metrics/network"}) {
    EXPECT_EQ(status(path), 200) << path;
    EXPECT_EQ(status(path, {{"window", "5m"}}), 400) << path;
    EXPECT_EQ(status(path, {{"duration", "5m"}}), 400) << path;
  }
}

TEST_F(PeersTest, OfWhomNothingIsKnownHaveNulls) {
  table_.add("\xff\n");
  EXPECT_THAT(
      body("/api/metrics/peers"),
      AllOf(HasSubstr("\"peer_id\":\"\uFFFD\\n\""),
            HasSubstr(R"("latency_ms":{"current":null,"avg":null,"min":null,"max":null})"),
            HasSubstr(R"("jitter_ms":null,"packet_loss_percent":null,)"),
            HasSubstr(R"("last_seen":null,"quality_score":null,"quality_trend":"stable",)"),
            HasSubstr(R"("packets_received":0,"uptime_seconds":null,)"),
            HasSubstr(R"("quality_label":null,"quality_reason":null,"rtt_ms":{"count":0,"min":null,)"),
            HasSubstr(R"("interarrival_jitter_ms":null,)"), HasSubstr(R"("path":null,"voice":null)")));
}

TEST_F(PeersTest, ALossThatWasToldIsKnown) {
  table_.add("a");
  table_.set_packet_loss("a", 2);
  EXPECT_THAT(body("/api/metrics/peers/a"), HasSubstr(R"("packet_loss_percent":2,)"));
}

TEST_F(PeersTest, HaveHoursAndMakeUpANetwork) {
  for (const char* id : {"a/1", "b", "c"}) table_.add(id);
  // Neither jitter nor bandwidth is measured: 30 × 90 + 25 × 100 + 15 × 100, of 70; and 30 × 76.5 + …
  table_.record_latency("a/1", milliseconds(20));
  table_.record_latency("b", milliseconds(47));
  table_.record_timeout("c");
  EXPECT_EQ(
      body("/api/metrics/peers/a%2F1/hourly"),
      R"({"peer_id":"a/1","hours":[{"begin":"2023-11-14T22:00:00.000Z","count":1,"min":95.71428571428571,"max":95.71428571428571,"avg":95.71428571428571}]})"
      "\n");
  EXPECT_EQ(status("/api/metrics/peers/d/hourly"), 404);
  EXPECT_THAT(body("/api/metrics/network"),
              StartsWith(R"({"peers":3,"connected":2,"degraded":1,"disconnected":0,"score":)"));
  table_.remove("c");
  EXPECT_EQ(body("/api/metrics/network"),
            R"({"peers":2,"connected":2,"degraded":0,"disconnected":0,"score":92.82142857142857,"grade":"A"})"
            "\n");
}

TEST_F(PeersTest, MayBeShownUnderOtherIds) {
  table_.add("b");
  table_.add("abc", "anna");
  const Router router(peer_routes(&table_, PeerIds::anonymous));
  const std::string anna = "/api/metrics/peers/ba7816bf8f01cfea";  // SHA-256 of "abc"
  EXPECT_THAT(ask(router, "/api/metrics/peers").body.text(), Not(HasSubstr("anna")));
  EXPECT_THAT(ask(router, anna).body.text(), StartsWith(R"({"peer_id":"ba7816bf8f01cfea","peer_name":"",)"));
  for (const char* of : {"", "/latency", "/hourly"}) {
    EXPECT_EQ(ask(router, anna + of).status, 200) << of;
    EXPECT_EQ(ask(router, std::string("/api/metrics/peers/abc") + of).status, 404) << of;
  }
}

/// A log that begins with what is stored.
class PastSessionsTest : public testing::Test {
 protected:
  struct Stored final : peers::SessionStore {
    std::vector<peers::Session> load() override {
      return {{.id = "2", .start = kNoon, .end = kNoon},
              {.id = "1",
               .kind = "call",
               .name = "anna",
               .start = kNoon,
               .end = kNoon + seconds(90),
               .duration = seconds(90),
               .interrupted = true,
               .peers = {"a", "b"},
               .latency = {.count = 3, .min_ms = 10, .avg_ms = 20, .max_ms = 30}}};
    }
    void save(std::span<const peers::Session> /*sessions*/) override {}
  };

  std::string body(net::HttpRequest::Pairs query = {}) {
    return ask(Router({past_sessions_route(&log_)}), "/api/metrics/sessions", std::move(query)).body.text();
  }

  Stored stored_;
  system::ManualClock clock_;
  peers::PeerTable table_{{.clock = &clock_}};
  peers::SessionLog log_{table_, {.store = &stored_, .clock = &clock_}};
};

TEST_F(PastSessionsTest, AreListed) {
  EXPECT_EQ(
      body(),
      R"({"sessions":[{"session_id":"1","kind":"call","name":"anna",)"
      R"("start_time":"2023-11-14T22:13:20.000Z","end_time":"2023-11-14T22:14:50.000Z",)"
      R"("duration_seconds":90,"peers":["a","b"],"latency_ms":{"min":10,"avg":20,"max":30},"interrupted":true},)"
      R"({"session_id":"2","kind":"","name":"","start_time":"2023-11-14T22:13:20.000Z",)"
      R"("end_time":"2023-11-14T22:13:20.000Z","duration_seconds":0,"peers":[],)"
      R"("latency_ms":{"min":null,"avg":null,"max":null},"interrupted":false}]})"
      "\n");
  log_.start("call", "", {});
  EXPECT_THAT(body(), HasSubstr(R"("end_time":null)")) << "it goes on";
}

TEST_F(PastSessionsTest, ThatGoOnComeFirstHoweverManyHaveEndedSince) {
  const std::string running = log_.start("call", "running", {});
  for (int i = 0; i < 12; ++i) log_.end(log_.start("call", "", {}));
  EXPECT_THAT(body(), StartsWith(R"({"sessions":[{"session_id":")" + running));
  EXPECT_THAT(body({{"limit", "1"}}), HasSubstr(R"("end_time":null)"));
  log_.end(running);
  EXPECT_THAT(body({{"limit", "1"}}), HasSubstr(R"("name":"running")")) << "the last to end";
}

TEST_F(PastSessionsTest, AreAsManyAsAreAskedFor) {
  EXPECT_THAT(body({{"limit", "1"}}), AllOf(HasSubstr("anna"), Not(HasSubstr(R"("session_id":"2")"))));
  for (int i = 0; i < 10; ++i) log_.end(log_.start("call", "", {}));
  EXPECT_THAT(body(), Not(HasSubstr("anna"))) << "ten";
  EXPECT_THAT(body({{"limit", "1000"}}), HasSubstr("anna"));
  const Router router({past_sessions_route(&log_)});
  for (const char* limit : {"", "0", "1001", "ten", "-1", "1 "}) {
    EXPECT_EQ(ask(router, "/api/metrics/sessions", {{"limit", limit}}).status, 400) << limit;
  }
}

TEST_F(PastSessionsTest, MayBeShownUnderOtherIds) {
  log_.start("call", "", {"abc"});
  const Router router({past_sessions_route(&log_, PeerIds::anonymous)});
  EXPECT_THAT(ask(router, "/api/metrics/sessions").body.text(), HasSubstr(R"("peers":["ba7816bf8f01cfea"])"));
}

TEST(PastSessions, WithoutALogThereAreNone) {
  EXPECT_EQ(ask(Router({past_sessions_route(nullptr)}), "/api/metrics/sessions").body.text(),
            "{\"sessions\":[]}\n");
}

}  // namespace
}  // namespace kymo::KYMO_ABI::live
