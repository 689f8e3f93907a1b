#include <kymo/live/standard_routes.h>

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <kymo/core/registry.h>
#include <kymo/history/store.h>
#include <kymo/live/router.h>
#include <kymo/live/system_history.h>
#include <kymo/peers/peer_table.h>

#include "tests/net/raw_client.h"
#include "tests/net/server_fixture.h"
#include "tests/system/manual_clock.h"

namespace kymo::KYMO_ABI::live {
namespace {

using net::test::eventually;
using net::test::RawClient;
using net::test::RawResponse;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string gunzip(std::string packed) {
  std::string out(1'000'000, '\0');
  z_stream stream{};
  inflateInit2(&stream, 15 + 16);
  stream.next_in = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

class StandardRoutesTest : public ::testing::Test {
 protected:
  StandardRoutesTest() {
    net::HttpServerOptions options;
    options.thread_class = [](std::string_view /*method*/, std::string_view target) {
      const bool is_quick = target == "/healthz" || target == "/readyz";
      return is_quick ? net::ThreadClass::quick : net::ThreadClass::normal;
    };
    router_ = std::make_unique<Router>(make_standard_routes(
        snapshots_, [this] { return std::string(ready_.load() ? "" : "not measured yet"); }));
    server_ = net::test::start_server(
        [this](const net::HttpRequest& request) { return router_->handle(request); }, options);
  }

  std::shared_ptr<const Snapshot> take() {
    ++taken_;
    const auto hold = [this] {
      const std::lock_guard lock(mutex_);
      return hold_;
    }();
    if (hold.valid()) hold.wait();
    return empty_ ? nullptr : registry_.snapshot();
  }

  void hold_until(std::shared_future<void> future) {
    const std::lock_guard lock(mutex_);
    hold_ = std::move(future);
  }

  RawResponse get(std::string_view target, std::string_view fields = "") const {
    auto response = net::test::ask(
        server_->endpoint().port,
        "GET " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(fields) + "\r\n");
    EXPECT_TRUE(response) << target;
    return response.value_or(RawResponse{});
  }

  Registry registry_;
  Counter calls_ = registry_.counter("calls", "Calls taken.");
  std::atomic<int> taken_{0};
  std::atomic<bool> ready_{true};
  std::atomic<bool> empty_{false};
  std::mutex mutex_;
  std::shared_future<void> hold_;
  pulse::SnapshotSource snapshots_{[this] { return take(); }, [] { return false; }};
  std::unique_ptr<Router> router_;
  std::unique_ptr<net::HttpServer> server_;
};

TEST_F(StandardRoutesTest, FiguresOfNowRefuseAPeriod) {
  for (const char* path :
       {"/api/metrics", "/api/metrics/summary", "/api/metrics/server", "/api/metrics/system"}) {
    for (const char* query : {"?window=30s", "?duration=5m", "?window="}) {
      const RawResponse answer = get(std::string(path) + query);
      EXPECT_EQ(answer.status, 400) << path << query;
      EXPECT_THAT(answer.body, HasSubstr("/api/metrics/system/history")) << path << query;
    }
    EXPECT_EQ(get(std::string(path) + "?_=1").status, 200) << path;
  }
}

TEST_F(StandardRoutesTest, NegotiatesTheFormatOfMetrics) {
  calls_.add(3);
  const RawResponse text = get("/metrics");
  EXPECT_EQ(text.header("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_THAT(text.body, HasSubstr("\ncalls_total 3\n"));
  const RawResponse open =
      get("/metrics", "Accept: application/openmetrics-text;version=1.0.0,*/*;q=0.1\r\n");
  EXPECT_EQ(open.header("Content-Type"), "application/openmetrics-text; version=1.0.0; charset=utf-8");
  EXPECT_THAT(open.body, EndsWith("# EOF\n"));
  EXPECT_THAT(*open.header("Vary"), HasSubstr("Accept"));
}

TEST_F(StandardRoutesTest, LetsTheQueryOverruleTheHeader) {
  const std::string wish = "Accept: application/openmetrics-text\r\n";
  EXPECT_THAT(*get("/metrics?format=prometheus", wish).header("Content-Type"), StartsWith("text/plain"));
  EXPECT_THAT(*get("/metrics?format=openmetrics").header("Content-Type"),
              StartsWith("application/openmetrics-text"));
  EXPECT_EQ(get("/metrics?format=json", wish).header("Content-Type"), "application/json");
}

TEST_F(StandardRoutesTest, NamesTheFormatsToWhoAsksForAnother) {
  const RawResponse response = get("/metrics?format=xml%22");
  EXPECT_EQ(response.status, 400);
  const auto json = boost::json::parse(response.body);
  EXPECT_EQ(json.at("error").at("message").as_string(), "there is no format \"xml\"\"");
  for (const char* name : {"prometheus", "openmetrics", "json"}) {
    EXPECT_THAT(std::string(json.at("error").at("remedy").as_string()), HasSubstr(name));
  }
}

TEST_F(StandardRoutesTest, ServesEachJsonAddress) {
  for (const char* path :
       {"/api/metrics", "/api/metrics/summary", "/api/metrics/server", "/api/metrics/system"}) {
    const RawResponse response = get(path);
    EXPECT_EQ(response.status, 200) << path;
    EXPECT_EQ(response.header("Content-Type"), "application/json");
    EXPECT_TRUE(boost::json::parse(response.body).is_object()) << path;
  }
}

TEST_F(StandardRoutesTest, CompressesWhatIsWorthItForWhoWantsIt) {
  for (int i = 0; i < 50; ++i) {
    registry_.counter("calls_of_kind_" + std::to_string(i), "Calls taken of one kind.").add(1);
  }
  const RawResponse plain = get("/metrics");
  ASSERT_GT(plain.body.size(), 1024U);
  EXPECT_FALSE(plain.header("Content-Encoding"));
  const RawResponse packed = get("/metrics", "Accept-Encoding: gzip\r\n");
  EXPECT_EQ(packed.header("Content-Encoding"), "gzip");
  EXPECT_LT(packed.body.size(), plain.body.size());
  EXPECT_EQ(gunzip(packed.body), plain.body);
  EXPECT_FALSE(get("/metrics", "Accept-Encoding: gzip;q=0\r\n").header("Content-Encoding"));
  EXPECT_FALSE(get("/api/metrics/server", "Accept-Encoding: gzip\r\n").header("Content-Encoding"))
      << "too small to be worth it";
}

TEST_F(StandardRoutesTest, AnswersHealthFromTheStartAndReadinessWhenReady) {
  ready_ = false;
  EXPECT_EQ(get("/healthz").body, "{\"status\":\"ok\"}\n");
  const RawResponse early = get("/readyz");
  EXPECT_EQ(early.status, 503);
  EXPECT_EQ(early.header("Retry-After"), "1");
  EXPECT_EQ(boost::json::parse(early.body).at("error").at("status").as_int64(), 503);
  ready_ = true;
  EXPECT_EQ(get("/readyz").status, 200);
}

TEST_F(StandardRoutesTest, SaysThatThereIsNothingYet) {
  empty_ = true;
  const RawResponse response = get("/metrics");
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.header("Retry-After"), "1");
}

TEST_F(StandardRoutesTest, AHundredScrapesAtOnceShareAFewSnapshots) {
  std::promise<void> go;
  hold_until(go.get_future().share());
  std::vector<std::unique_ptr<RawClient>> scrapers;
  const auto scrape = [&] {
    scrapers.push_back(std::make_unique<RawClient>(server_->endpoint().port));
    scrapers.back()->send("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
  };
  scrape();
  ASSERT_TRUE(eventually([&] { return taken_ == 1; }));
  for (int i = 1; i < 100; ++i) scrape();
  ASSERT_TRUE(eventually([&] { return server_->statistics().requests == 100; }));
  go.set_value();
  for (const auto& scraper : scrapers) EXPECT_EQ(scraper->read_response()->status, 200);
  // The first one's; one that may have begun beside it; the one that all who waited share.
  EXPECT_LE(taken_, 4);
}

TEST_F(StandardRoutesTest, HealthAnswersWhileScrapesHang) {
  std::promise<void> go;
  hold_until(go.get_future().share());
  std::vector<std::unique_ptr<RawClient>> scrapers;
  for (int i = 0; i < 50; ++i) {
    scrapers.push_back(std::make_unique<RawClient>(server_->endpoint().port));
    scrapers.back()->send("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
  }
  ASSERT_TRUE(eventually([&] { return taken_ == 1; }));
  EXPECT_EQ(get("/healthz").status, 200);
  EXPECT_EQ(get("/readyz").status, 200);
  go.set_value();
  for (const auto& scraper : scrapers) EXPECT_EQ(scraper->read_response()->status, 200);
}

TEST_F(StandardRoutesTest, AnAnswerHoldsWhatHappenedBeforeItsRequest) {
  for (int i = 1; i <= 200; ++i) {
    calls_.add(1);
    EXPECT_THAT(get("/metrics").body, HasSubstr("\ncalls_total " + std::to_string(i) + "\n"));
  }
}

TEST_F(StandardRoutesTest, TheDashboardIsAtTheRootUnderTheRoutersPolicy) {
  const RawResponse page = get("/");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.header("Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(page.header("Cache-Control"), "no-cache");
  EXPECT_THAT(page.header("Content-Security-Policy").value_or(""), StartsWith("default-src 'self'; "));
  EXPECT_EQ(page.header("X-Content-Type-Options"), "nosniff");
}

TEST_F(StandardRoutesTest, TheSummaryHasPeersAndTheHostWhereThereAreSuch) {
  system::ManualClock clock;
  peers::PeerTable peers({.clock = &clock});
  history::Store store;
  const SystemHistory history(&store, clock, std::chrono::seconds(10));
  const Registration host = registry_.add_producer(
      [](SnapshotWriter& writer) { writer.gauge({"kymo_system_cpu_ratio", "Processors."}).add(0.25); });
  const auto summary = [&](PeerIds ids) {
    const Router router(make_standard_routes(snapshots_, [] { return std::string(); }, {},
                                             {.peers = &peers, .ids = ids, .history = &history}));
    net::HttpRequest request;
    request.method = "GET";
    request.target = request.path = "/api/metrics/summary";
    request.header = [](std::string_view) { return std::string_view(); };
    return boost::json::parse(router.handle(request).body.text()).as_object();
  };
  EXPECT_FALSE(summary(PeerIds::own).contains("peers") || summary(PeerIds::own).contains("network_quality"));
  EXPECT_EQ(boost::json::serialize(summary(PeerIds::own).at("system")),
            R"({"cpu_percent":{"current":25,"avg":25,"min":25,"max":25}})");
  peers.add("abc", "Anna");
  EXPECT_FALSE(summary(PeerIds::own).contains("network_quality")) << "no probe yet";
  peers.record_latency("abc", std::chrono::milliseconds(20));
  clock.advance(std::chrono::seconds(10));
  EXPECT_TRUE(store.append(clock.system_now(), *registry_.snapshot()));
  const auto all = summary(PeerIds::own);
  EXPECT_EQ(all.at("peers").at(0).at("peer_name").as_string(), "Anna");
  EXPECT_EQ(all.at("peers").at(0).at("latency_ms").at("current").to_number<double>(), 20);
  EXPECT_DOUBLE_EQ(all.at("network_quality").to_number<double>(), *peers.network_quality().score);
  EXPECT_EQ(all.at("system").at("cpu_percent").at("avg").to_number<double>(), 25);
  EXPECT_EQ(summary(PeerIds::anonymous).at("peers").at(0).at("peer_id").as_string(), "ba7816bf8f01cfea");
}

/// Reads the two documents of a server with these routes besides the usual ones.
class ApiDocumentsTest : public ::testing::Test {
 protected:
  static Route route(std::string path, std::string about = {}, std::function<bool()> is_there = {}) {
    return {.path = std::move(path),
            .handle = [](const net::HttpRequest&) { return net::HttpResponse(); },
            .about = std::move(about),
            .is_there = std::move(is_there)};
  }
  boost::json::object document(std::string_view path) const {
    net::HttpRequest request;
    request.method = "GET";
    request.target = request.path = path;
    request.header = [](std::string_view) { return std::string_view(); };
    static pulse::SnapshotSource none([] { return nullptr; }, [] { return false; });
    std::vector<Route> routes = make_standard_routes(none, [] { return std::string(); }, others_);
    routes.insert(routes.end(), others_.begin(), others_.end());
    return boost::json::parse(Router(routes).handle(request).body.text()).as_object();
  }
  boost::json::object paths() const { return document("/api/openapi.json").at("paths").as_object(); }

  std::vector<Route> others_;
};

TEST_F(ApiDocumentsTest, LeaveOutWhatIsNotServed) {
  EXPECT_TRUE(paths().contains("/api/metrics/summary"));
  for (const char* path : {"/api", "/api/openapi.json", "/api/asyncapi.json", "/healthz", "/"}) {
    EXPECT_TRUE(paths().contains(path)) << path;
  }
  for (const char* path : {"/login", "/logout", "/api/sessions/live", "/ws/metrics", "/ws/sessions/{id}",
                           "/api/metrics/peers", "/api/profile/start"}) {
    EXPECT_FALSE(paths().contains(path)) << path;
  }
  EXPECT_TRUE(document("/api/asyncapi.json").at("channels").as_object().empty());
  others_ = {route("/api/sessions/live"), route("/ws/sessions/{session}")};
  EXPECT_TRUE(paths().contains("/api/sessions/live"));
  EXPECT_TRUE(paths().contains("/ws/sessions/{id}")) << "whatever the parameter is called";
  const auto async = document("/api/asyncapi.json");
  EXPECT_TRUE(async.at("channels").as_object().contains("/ws/sessions/{id}"));
  EXPECT_FALSE(async.at("channels").as_object().contains("/ws/metrics"));
}

TEST_F(ApiDocumentsTest, LeaveOutOneMethodOfAnAddress) {
  others_ = {route("/login")};
  EXPECT_TRUE(paths().at("/login").as_object().contains("get"));
  EXPECT_FALSE(paths().at("/login").as_object().contains("post"));
}

TEST_F(ApiDocumentsTest, LeaveOutShapesThatNothingRefersTo) {
  const auto schemas = [this] {
    return document("/api/openapi.json").at("components").at("schemas").as_object();
  };
  EXPECT_TRUE(schemas().contains("Time")) << "the summary's refers to it";
  EXPECT_FALSE(schemas().contains("LiveSessions"));
  others_ = {route("/api/sessions/live"), route("/ws/metrics")};
  EXPECT_TRUE(schemas().contains("LiveSessions"));
  const auto messages = document("/api/asyncapi.json").at("components").at("messages").as_object();
  EXPECT_TRUE(messages.contains("delta"));
  EXPECT_FALSE(messages.contains("end")) << "of sessions";
}

TEST_F(ApiDocumentsTest, HaveRoutesOfTheApplicationThatSayWhatTheyAreAbout) {
  others_ = {route("/rooms/{room}/\"x\"", "Rooms \"now\"."), route("/hidden")};
  const auto get = paths().at("/rooms/{room}/\"x\"").at("get").as_object();
  EXPECT_EQ(get.at("summary").as_string(), "Rooms \"now\".");
  EXPECT_EQ(get.at("parameters").at(0).at("name").as_string(), "room");
  EXPECT_FALSE(paths().contains("/hidden"));
}

TEST_F(ApiDocumentsTest, HaveEachMethodOfSuchARoute) {
  others_ = {route("/rooms", "Rooms."), route("/rooms", "Opens a room."), route("/healthz", "Ends it.")};
  others_[1].method = "POST";
  others_[2].method = "DELETE";
  EXPECT_EQ(paths().at("/rooms").at("get").at("summary").as_string(), "Rooms.");
  EXPECT_EQ(paths().at("/rooms").at("post").at("summary").as_string(), "Opens a room.");
  EXPECT_TRUE(paths().at("/healthz").as_object().contains("get"));
  EXPECT_EQ(paths().at("/healthz").at("delete").at("summary").as_string(), "Ends it.");
}

TEST_F(ApiDocumentsTest, FollowWhatComesAndGoes) {
  bool is_there = false;
  others_ = {route("/login", "", [&] { return is_there; }),
             route("/mine", "Mine.", [&] { return is_there; })};
  EXPECT_FALSE(paths().contains("/login") || paths().contains("/mine"));
  is_there = true;
  EXPECT_TRUE(paths().contains("/login") && paths().contains("/mine"));
}

TEST_F(StandardRoutesTest, ListsItself) {
  const RawResponse page = get("/api");
  EXPECT_EQ(page.header("Content-Type"), "text/html; charset=utf-8");
  for (const char* path : {"/", "/metrics", "/api/metrics", "/api/metrics/summary", "/api/metrics/server",
                           "/api/metrics/system", "/healthz", "/readyz"}) {
    EXPECT_THAT(page.body, HasSubstr("href=\"" + std::string(path) + "\""));
    EXPECT_EQ(get(path).status, 200) << path;
  }
  EXPECT_EQ(get("/assets/index.css").header("Content-Type"), "text/css; charset=utf-8");
  EXPECT_EQ(get("/assets/icon.svg").header("Content-Type"), "image/svg+xml");
}

}  // namespace
}  // namespace kymo::KYMO_ABI::live
