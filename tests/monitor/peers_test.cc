#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <kymo/monitor/monitor.h>
#include <kymo/peers/peer_table.h>
#include <kymo/peers/session_log.h>

#include "tests/monitor/http_get.h"

namespace kymo::KYMO_ABI::monitor {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const std::string kAnna = "ba7816bf8f01cfea";  // of "abc"

class MonitorPeersTest : public testing::Test {
 protected:
  void start(MonitorOptions options = {}) {
    options.listen = "127.0.0.1:0";
    options.system = options.process = false;
    options.peers.table = &peers_;
    options.peers.sessions = &sessions_;
    monitor_.emplace(std::move(options));
    for (int i = 0; i < 2000 && !monitor_->ready(); ++i) std::this_thread::sleep_for(10ms);
    ASSERT_TRUE(monitor_->ready());
  }
  std::string get(const std::string& path) { return http_get(monitor_->endpoint(), path); }

  peers::PeerTable peers_;
  peers::SessionLog sessions_{peers_};
  std::optional<Monitor> monitor_;
};

TEST_F(MonitorPeersTest, AreServed) {
  start();
  peers_.add("abc", "Anna");
  peers_.record_latency("abc", 20ms);
  const std::string session = sessions_.start("game", "Friday", {"abc"});
  peers_.record_latency("abc", 40ms);
  peers_.record_timeout("abc");
  sessions_.end(session);
  EXPECT_THAT(get("/api/metrics/peers"),
              AllOf(HasSubstr(R"({"peers":[{"peer_id":"abc","peer_name":"Anna","status":"degraded",)"),
                    HasSubstr(R"("latency_ms":{"current":null,"avg":30,"min":20,"max":40},"jitter_ms":10,)"),
                    HasSubstr(R"("rtt_ms":{"count":2,"min":20,"max":40,"avg":30,"p95":40,"sum":60})"),
                    HasSubstr(R"("quality_label":"poor")"),
                    HasSubstr(R"("probes":{"sent":3,"answered":2,"limited":0})"), HasSubstr(R"("mos":)")));
  EXPECT_THAT(get("/api/metrics/peers/abc"), HasSubstr(R"("peer_id":"abc")"));
  EXPECT_THAT(get("/api/metrics/peers/abc/latency?duration=1m"),
              AllOf(HasSubstr(R"("latency_ms":20})"), HasSubstr(R"("latency_ms":null})")));
  EXPECT_THAT(get("/api/metrics/peers/abc/latency?window=1m"), HasSubstr(R"("count":2,"min":20,"max":40,)"));
  EXPECT_THAT(get("/api/metrics/summary"),
              AllOf(HasSubstr(R"("peer_name": "Anna")"), HasSubstr(R"("network_quality": )"),
                    Not(HasSubstr(R"("system")"))));
  EXPECT_THAT(get("/api/metrics/peers/abc/hourly"), HasSubstr(R"("count":3,)"));
  EXPECT_THAT(get("/api/metrics/peers/ben"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(get("/api/metrics/peers/ben/hourly"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(get("/api/metrics/network"),
              HasSubstr(R"({"peers":1,"connected":0,"degraded":1,"disconnected":0,"score":)"));
  EXPECT_THAT(
      get("/api/metrics/sessions"),
      AllOf(HasSubstr(session), HasSubstr(R"("peers":["abc"],"latency_ms":{"min":40,"avg":40,"max":40})")));
  EXPECT_THAT(get("/metrics"), AllOf(HasSubstr("kymo_peer_probes_total{peer=\"abc\",result=\"timeout\"} 1\n"),
                                     HasSubstr("kymo_peer_sessions_started_total 1\n")));
  monitor_.reset();
  EXPECT_TRUE(peers_.record_latency("abc", 20ms)) << "they outlive the Monitor";
}

TEST_F(MonitorPeersTest, MayBeAnonymous) {
  start({.peers = {.anonymous = true}});
  peers_.add("xyz", "Ben");
  peers_.add("abc", "Anna");
  peers_.record_latency("abc", 20ms);
  sessions_.start("call", "", {"abc"});
  for (const std::string& path :
       {std::string("/api/metrics/peers"), "/api/metrics/peers/" + kAnna,
        "/api/metrics/peers/" + kAnna + "/latency", "/api/metrics/peers/" + kAnna + "/hourly",
        std::string("/api/metrics/sessions"), std::string("/api/metrics/summary"), std::string("/metrics")}) {
    std::string body = get(path);
    body.erase(0, body.find("\r\n\r\n"));  // an ETag may have these letters by chance
    EXPECT_THAT(body, AllOf(HasSubstr(kAnna), Not(HasSubstr("abc")), Not(HasSubstr("Anna")))) << path;
  }
  EXPECT_THAT(get("/api/metrics/peers/abc"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(get("/api/metrics/peers/abc/latency"), StartsWith("HTTP/1.1 404 "));
}

TEST(Monitor, DescribesTheAddressesThatItServes) {
  const Monitor monitor({.listen = "127.0.0.1:0", .system = false, .process = false});
  for (int i = 0; i < 2000 && !monitor.ready(); ++i) std::this_thread::sleep_for(10ms);
  const std::string document = http_get(monitor.endpoint(), "/api/openapi.json");
  for (const char* path : {"\"/api/metrics/peers/{id}\"", "\"/ws/metrics\"", "\"/api/profile/start\""}) {
    EXPECT_THAT(document, HasSubstr(path));
  }
  for (const char* path : {"/login", "/logout", "/api/sessions/live", "/ws/sessions/{id}"}) {
    EXPECT_THAT(document, Not(HasSubstr("\"" + std::string(path) + "\""))) << path;
    EXPECT_THAT(http_get(monitor.endpoint(), path), StartsWith("HTTP/1.1 40")) << path;
  }
  const Monitor with_token({.listen = "127.0.0.1:0", .access = {.token = "0123456789abcdef"}});
  for (int i = 0; i < 2000 && !with_token.ready(); ++i) std::this_thread::sleep_for(10ms);
  EXPECT_THAT(http_get(with_token.endpoint(), "/login"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(MonitorPeersTest, BeyondTheLimitHaveNoLabels) {
  start({.peers = {.max_labelled = 1}});
  for (const char* id : {"a", "b", "c"}) peers_.add(id);
  EXPECT_THAT(get("/metrics"), AllOf(HasSubstr("kymo_peer_up{peer=\"a\"} 1\n"), Not(HasSubstr("peer=\"b\"")),
                                     HasSubstr("kymo_peers_unlabelled 2\n")));
  EXPECT_THAT(get("/api/metrics/peers"), HasSubstr(R"("peer_id":"c")"));
}

TEST_F(MonitorPeersTest, ATickStoresWhatGoesOn) {
  struct Saves final : peers::SessionStore {
    std::vector<peers::Session> load() override { return {}; }
    void save(std::span<const peers::Session>) override { ++count; }
    std::atomic<int> count{0};
  };
  Saves saves;
  peers::SessionLog log(peers_, {.checkpoint_interval = 1ms, .store = &saves});
  log.start("call", "", {});
  Monitor monitor({.listen = "127.0.0.1:0",
                   .tick_interval = 100ms,
                   .system = false,
                   .process = false,
                   .peers = {.sessions = &log}});
  for (int i = 0; i < 2000 && saves.count < 3; ++i) std::this_thread::sleep_for(10ms);
  EXPECT_GE(saves.count, 3);
}

TEST_F(MonitorPeersTest, AThousandComeAndGoWhileTheyAreRead) {
  start();
  std::atomic<bool> done{false};
  std::vector<std::thread> recorders;
  for (int t = 0; t < 2; ++t) {
    recorders.emplace_back([this, t, &done] {
      for (int i = 0; !done; ++i) {
        const std::string id = std::to_string(2 * (i % 512) + t);
        if (i % 1024 > 900) peers_.remove(id);
        peers_.add(id, std::string("\xff", 1));
        peers_.record_latency(id, std::chrono::microseconds(i % 10'000));
        peers_.record_traffic(id, {.bytes_sent = static_cast<std::uint64_t>(i)});
      }
    });
  }
  for (int i = 0; i < 5; ++i) {
    for (const char* path :
         {"/api/metrics/peers", "/api/metrics/network", "/metrics", "/api/metrics/peers/7/hourly"}) {
      EXPECT_THAT(get(path), testing::AnyOf(StartsWith("HTTP/1.1 200 "), StartsWith("HTTP/1.1 404 ")))
          << path;
    }
  }
  done = true;
  for (std::thread& recorder : recorders) recorder.join();
}

}  // namespace
}  // namespace kymo::KYMO_ABI::monitor
