#include <kymo/live/query_api.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <kymo/core/registry.h>
#include <kymo/history/store.h>
#include <kymo/live/router.h>
#include <kymo/query/script.h>

#include <kymo/query/script_store.h>
#include "tests/system/manual_clock.h"

namespace kymo::KYMO_ABI::live {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using Pairs = net::HttpRequest::Pairs;

/// Ten minutes of three series, a minute apart, from 1970 on.
constexpr const char* kSeries = R"(load 1m
  up{job="a"} 1x10
  requests_total{job="a",code="200"} 0+60x10
  requests_total{job="b",code="500"} 0+6x10
  latency {{schema:0 count:3 sum:5 buckets:[1 2]}}x10
)";

class QueryRoutesTest : public testing::Test {
 protected:
  QueryRoutesTest() {
    for (const auto& command : query::read_script(kSeries)) {
      store_.load(std::get<query::LoadCommand>(command));
    }
  }

  Router router(QuerySources sources) {
    sources.clock = &clock_;
    sources.snapshots = &snapshots_;
    sources.memory = memory_;
    return Router(query_routes(std::make_shared<const QueryApi>(std::move(sources))));
  }
  Router router() { return router({.store = &store_, .engine = options_}); }

  net::HttpResponse ask(const std::string& path, Pairs query, std::string_view form = {}) {
    net::HttpRequest request;
    request.method = form.empty() ? "GET" : "POST";
    request.target = request.path = path;
    request.query = std::move(query);
    request.body = form;
    request.cancel = stop_.get_token();
    request.deadline = deadline_;
    request.header = [&](std::string_view name) -> std::string_view {
      if (name == "content-type" && !form.empty()) return "application/x-www-form-urlencoded";
      return name == "host" ? "localhost:9464" : std::string_view();
    };
    return router().handle(request);
  }
  std::string body(const std::string& path, Pairs query, std::string_view form = {}) {
    return ask(path, std::move(query), form).body.text();
  }
  std::string instant(const std::string& text, std::string time = "300") {
    return body("/api/v1/query", {{"query", text}, {"time", std::move(time)}});
  }
  /// Status and text of an error.
  std::pair<int, std::string> error(const std::string& path, Pairs query, std::string_view form = {}) {
    const net::HttpResponse response = ask(path, std::move(query), form);
    return {response.status, response.body.text()};
  }

  system::ManualClock clock_;
  Registry registry_;
  pulse::SnapshotSource snapshots_{[this] { return registry_.snapshot(); }, [] { return false; }};
  std::shared_ptr<ScrapeMemory> memory_ = std::make_shared<ScrapeMemory>();
  query::ScriptStore store_;
  query::EngineOptions options_;
  std::stop_source stop_;
  std::chrono::steady_clock::time_point deadline_ = std::chrono::steady_clock::time_point::max();
};

TEST_F(QueryRoutesTest, AnswersEachTypeOfResult) {
  EXPECT_EQ(instant("sum by (job) (requests_total)"),
            R"({"status":"success","data":{"resultType":"vector","result":[)"
            R"({"metric":{"job":"a"},"value":[300,"300"]},{"metric":{"job":"b"},"value":[300,"30"]}]}})"
            "\n");
  EXPECT_EQ(instant("-1/0", "1.25"),
            "{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[1.250,\"-Inf\"]}}\n");
  EXPECT_THAT(instant("\"a\\nb\""), HasSubstr(R"("resultType":"string","result":[300,"a\nb"])"));
  EXPECT_THAT(instant("up[2m]"),
              HasSubstr(R"("resultType":"matrix","result":[{"metric":{"__name__":"up","job":"a"},)"
                        R"("values":[[240,"1"],[300,"1"]]}])"));
  EXPECT_THAT(instant("latency"), HasSubstr(R"("histogram":[300,{"count":"3","sum":"5",)"
                                            R"("buckets":[[0,"0.5","1","1"],[0,"1","2","2"]]}])"));
  EXPECT_THAT(body("/api/v1/query_range",
                   {{"query", "requests_total{job=\"b\"}"}, {"start", "0"}, {"end", "120"}, {"step", "1m"}}),
              HasSubstr(R"("values":[[0,"0"],[60,"6"],[120,"12"]])"));
  EXPECT_THAT(
      body("/api/v1/query_range", {{"query", "latency"}, {"start", "0"}, {"end", "60"}, {"step", "60"}}),
      AllOf(HasSubstr(R"("histograms":[[0,{"count":"3")"), Not(HasSubstr("\"values\""))));
}

TEST_F(QueryRoutesTest, WritesNumbersAsPrometheusDoes) {
  for (const auto& [text, wanted] :
       std::vector<std::pair<std::string, std::string>>{{"0/0", "NaN"},
                                                        {"1/0", "+Inf"},
                                                        {"0.1", "0.1"},
                                                        {"1e-6", "0.000001"},
                                                        {"1e-7", "1e-07"},
                                                        {"1e20", "100000000000000000000"},
                                                        {"1e21", "1e+21"},
                                                        {"-1.5e-9", "-1.5e-09"},
                                                        {"-0.0", "-0"},
                                                        {"2^60", "1152921504606847000"},
                                                        {"-(2^53)", "-9007199254740992"}}) {
    EXPECT_THAT(instant(text), HasSubstr(",\"" + wanted + "\"]")) << text;
  }
  EXPECT_THAT(instant("1", "-0.005"), HasSubstr("[-0.005,"));
}

TEST_F(QueryRoutesTest, TakesTimesAndDurationsInEachForm) {
  const auto range = [&](std::string start, std::string end, std::string step) {
    return body("/api/v1/query_range", {{"query", "time()"}, {"start", start}, {"end", end}, {"step", step}});
  };
  const std::string minutes = range("0", "60", "60");
  EXPECT_THAT(minutes, HasSubstr(R"([[0,"0"],[60,"60"]])"));
  EXPECT_EQ(range("1970-01-01T00:00:00Z", "1970-01-01T01:01:00.000+01:00", "1m"), minutes);
  EXPECT_EQ(range("0.0", "6e1", "0h1m"), minutes);
  clock_.set_system(std::chrono::system_clock::time_point(std::chrono::milliseconds(1234)));
  EXPECT_THAT(body("/api/v1/query", {{"query", "time()"}}), HasSubstr("[1.234,\"1.234\"]"));
  EXPECT_THAT(body("/api/v1/query", {{"query", "up"}, {"time", "630"}, {"lookback_delta", "10s"}}),
              HasSubstr("\"result\":[]"));
}

TEST_F(QueryRoutesTest, RefusesBadParametersByName) {
  const auto refused = [&](const std::string& path, Pairs query, const std::string& name) {
    const auto [status, text] = error(path, std::move(query));
    EXPECT_EQ(status, 400) << text;
    EXPECT_THAT(text, StartsWith(R"({"status":"error","errorType":"bad_data","error":")"));
    EXPECT_THAT(text, HasSubstr("invalid parameter \\\"" + name + "\\\"")) << text;
  };
  refused("/api/v1/query", {}, "query");
  refused("/api/v1/query", {{"query", "sum(("}}, "query");
  for (const char* time :
       {"x", "nan", "inf", "1e300", "2026-02-30T00:00:00Z", "2026-01-01", "1970-01-01T00:00:00"}) {
    refused("/api/v1/query", {{"query", "1"}, {"time", time}}, "time");
  }
  for (const char* time : {"x", "-1", "0", "1y2", "(1m)", "1m + 1m", "nan"}) {
    refused("/api/v1/query", {{"query", "1"}, {"timeout", time}}, "timeout");
    refused("/api/v1/query", {{"query", "1"}, {"lookback_delta", time}}, "lookback_delta");
    refused("/api/v1/query_range", {{"query", "1"}, {"start", "0"}, {"end", "1"}, {"step", time}}, "step");
  }
  refused("/api/v1/query", {{"query", "1"}, {"limit", "-1"}}, "limit");
  refused("/api/v1/query_range", {{"query", "1"}, {"start", "2"}, {"end", "1"}, {"step", "1"}}, "end");
  refused("/api/v1/query_range", {{"query", "1"}, {"end", "1"}, {"step", "1"}}, "start");
  refused("/api/v1/series", {{"match[]", "up["}}, "match[]");
  refused("/api/v1/parse_query", {{"query", "1 +"}}, "query");
  EXPECT_EQ(error("/api/v1/query", {}, "query=%zz").first, 400);
  EXPECT_THAT(error("/api/v1/series", {}).second, HasSubstr("no match[] parameter provided"));
  EXPECT_THAT(error("/api/v1/query_range", {{"query", "1"}, {"start", "0"}, {"end", "20000"}, {"step", "1"}}),
              testing::Pair(400, HasSubstr("exceeded maximum resolution of 11000 points per timeseries")));
}

TEST_F(QueryRoutesTest, FailsWithTypeAndStatusOfPrometheus) {
  EXPECT_THAT(error("/api/v1/query", {{"query", "up + on() requests_total"}, {"time", "60"}}),
              testing::Pair(422, HasSubstr(R"("errorType":"execution")")));
  options_.limits.most_series = 1;
  EXPECT_THAT(error("/api/v1/query", {{"query", "requests_total"}, {"time", "60"}}),
              testing::Pair(422, HasSubstr(R"("errorType":"execution")")));
  EXPECT_THAT(error("/api/v1/series", {{"match[]", "requests_total"}}),
              testing::Pair(422, HasSubstr("query.max_series")));
  options_ = {};
  deadline_ = std::chrono::steady_clock::now();
  for (const char* path : {"/api/v1/query", "/api/v1/labels", "/federate"}) {
    EXPECT_THAT(error(path, {{"query", "up"}, {"match[]", "up"}}),
                testing::Pair(503, HasSubstr(R"("errorType":"timeout")")))
        << path;
  }
  deadline_ = std::chrono::steady_clock::time_point::max();
  stop_.request_stop();
  EXPECT_THAT(error("/api/v1/query", {{"query", "up"}}),
              testing::Pair(503, HasSubstr(R"("errorType":"canceled")")));
}

TEST_F(QueryRoutesTest, WithoutAPastItSaysSo) {
  net::HttpRequest request;
  request.method = "GET";
  request.target = request.path = "/api/v1/query";
  request.query = {{"query", "1"}};
  request.header = [](std::string_view) { return std::string_view(); };
  const net::HttpResponse response = router({}).handle(request);
  EXPECT_EQ(response.status, 503);
  EXPECT_THAT(response.body.text(),
              AllOf(HasSubstr(R"("errorType":"unavailable")"), HasSubstr("history.memory")));
}

TEST_F(QueryRoutesTest, TakesFormsAndLimits) {
  EXPECT_THAT(body("/api/v1/query", {{"time", "300"}}, "query=up%7Bjob%3D%22a%22%7D&limit=5"),
              HasSubstr(R"("value":[300,"1"])"));
  const std::string cut =
      body("/api/v1/query", {{"query", "requests_total"}, {"time", "300"}, {"limit", "1"}, {"stats", "all"}});
  EXPECT_THAT(cut, AllOf(HasSubstr(R"("warnings":["results truncated due to limit"])"),
                         HasSubstr(R"("totalQueryableSamples":10)"), Not(HasSubstr("\"500\""))));
  EXPECT_THAT(instant("rate(up[5m])"), HasSubstr(R"("infos":["PromQL info: metric might not be a counter)"));
}

TEST_F(QueryRoutesTest, ListsSeriesLabelsAndValues) {
  EXPECT_THAT(
      body("/api/v1/series", {{"match[]", "up"}, {"match[]", "{job=\"b\"}"}, {"match[]", "{job=~\".+\"}"}}),
      HasSubstr(R"("data":[{"__name__":"requests_total","code":"200","job":"a"},)"
                R"({"__name__":"requests_total","code":"500","job":"b"},{"__name__":"up","job":"a"}])"));
  EXPECT_THAT(body("/api/v1/labels", {}), HasSubstr(R"("data":["__name__","code","job"])"));
  EXPECT_THAT(body("/api/v1/labels", {{"match[]", "up"}}), HasSubstr(R"("data":["__name__","job"])"));
  EXPECT_THAT(body("/api/v1/label/job/values", {}), HasSubstr(R"("data":["a","b"])"));
  EXPECT_THAT(body("/api/v1/label/job/values", {{"limit", "1"}}),
              AllOf(HasSubstr(R"("data":["a"])"), HasSubstr("truncated")));
}

TEST_F(QueryRoutesTest, FormatsAndParsesQueries) {
  EXPECT_THAT(body("/api/v1/format_query", {{"query", "sum(up)by(job)"}}),
              HasSubstr(R"_("data":"sum by (job) (up)")_"));
  EXPECT_THAT(body("/api/v1/parse_query", {{"query", "topk(2, -x[5m:1m] offset 1h)"}}),
              HasSubstr("invalid parameter"));
  EXPECT_THAT(body("/api/v1/parse_query", {{"query", "rate(a{b!~\"c\"}[5m] @ start()) > bool on (d) 1.5e3"}})
                  .substr(0, 1),
              "{");
  EXPECT_THAT(
      body("/api/v1/parse_query", {{"query", "-max_over_time(a[5m:1m] offset 1h)"}}),
      HasSubstr(R"({"type":"unaryExpr","op":"-","expr":{"type":"call","func":{"name":"max_over_time",)"
                R"("argTypes":["matrix"],"variadic":0,"returnType":"vector"},"args":[{"type":"subquery",)"
                R"("expr":{"type":"vectorSelector","name":"a",)"
                R"("matchers":[{"name":"__name__","type":"=","value":"a"}],"offset":0,"timestamp":null,)"
                R"("startOrEnd":null,"anchored":false,"smoothed":false},"range":300000,"step":60000,)"
                R"("offset":3600000,"timestamp":null,"startOrEnd":null}]}})"));
}

TEST_F(QueryRoutesTest, FederatesTheLastSamples) {
  clock_.set_system(std::chrono::system_clock::time_point(std::chrono::seconds(330)));
  EXPECT_EQ(body("/federate", {{"match[]", "up"}, {"match[]", "requests_total"}, {"match[]", "latency"}}),
            "# TYPE requests_total untyped\n"
            "requests_total{code=\"200\",job=\"a\"} 300 300000\n"
            "requests_total{code=\"500\",job=\"b\"} 30 300000\n"
            "# TYPE up untyped\n"
            "up{job=\"a\"} 1 300000\n");
}

TEST_F(QueryRoutesTest, ShowsTheStateOfTheProcess) {
  for (const char* path : {"buildinfo", "runtimeinfo", "config", "tsdb"}) {
    EXPECT_THAT(body(std::string("/api/v1/status/") + path, {}),
                StartsWith(R"({"status":"success","data":{")"));
  }
  EXPECT_THAT(body("/api/v1/status/tsdb", {}),
              AllOf(HasSubstr(R"("numSeries":4,"numLabelPairs":7)"),
                    HasSubstr(R"("seriesCountByMetricName":[{"name":"requests_total","value":2})")));
  EXPECT_THAT(body("/api/v1/targets", {}), HasSubstr(R"("scrapeUrl":"http://localhost:9464/metrics")"));
  EXPECT_THAT(body("/api/v1/targets", {{"state", "dropped"}}), HasSubstr(R"("activeTargets":[])"));
  EXPECT_EQ(body("/api/v1/rules", {}), "{\"status\":\"success\",\"data\":{\"groups\":[]}}\n");
  EXPECT_EQ(body("/api/v1/alerts", {}), "{\"status\":\"success\",\"data\":{\"alerts\":[]}}\n");
}

TEST_F(QueryRoutesTest, ShowsExemplarsOfSeriesInAQuery) {
  auto timing = registry_.histogram("call.duration", "Time of a call.",
                                    {.unit = "seconds", .exemplars = Exemplars::on, .text_bounds = {0.5, 1}});
  timing.record_with_exemplar(0.75, {{"trace_id", "4bf9"}});
  for (const char* query : {"histogram_quantile(0.9, sum by (le) (rate(call_duration_seconds_bucket[5m])))",
                            "rate(call_duration_seconds[5m]) + 1"}) {
    EXPECT_THAT(body("/api/v1/query_exemplars", {{"query", query}}),
                AllOf(HasSubstr(R"("__name__":"call_duration_seconds_bucket","le":"1.0")"),
                      HasSubstr(R"("labels":{"trace_id":"4bf9"},"value":"0.75","timestamp":)")));
  }
  EXPECT_THAT(body("/api/v1/query_exemplars", {{"query", "other"}}), HasSubstr(R"("data":[])"));
  EXPECT_THAT(body("/api/v1/query_exemplars", {{"query", "call_duration_seconds"}, {"end", "1000"}}),
              HasSubstr(R"("data":[])"));
}

TEST_F(QueryRoutesTest, MakesALargeAnswerInKeptBlocks) {
  const Pairs query = {{"query", "time() + vector(0) or time() + up or time() + requests_total"},
                       {"start", "0"},
                       {"end", "10900"},
                       {"lookback_delta", "4h"},
                       {"step", "1"}};
  const std::string first = body("/api/v1/query_range", query);
  EXPECT_GT(first.size(), base::BlockPool::kBlockBytes);
  const std::size_t kept = memory_->blocks()->kept_bytes();
  EXPECT_GE(kept, first.size());
  EXPECT_EQ(body("/api/v1/query_range", query), first);
  EXPECT_EQ(memory_->blocks()->kept_bytes(), kept);
}

TEST_F(QueryRoutesTest, DescribesTheMetricsOfAStore) {
  registry_.counter("jobs.done", "Jobs done.").add(1);
  registry_.gauge("room", "Free \"room\".", {.unit = "bytes"}).set(1);
  registry_.histogram("wait", "Waits.", {.unit = "seconds", .text_bounds = {0.5}}).record(1);
  history::Store past;
  ASSERT_TRUE(
      past.append(std::chrono::system_clock::time_point(std::chrono::seconds(1)), *registry_.snapshot()));
  const Router all = router({.store = &past});
  const auto text = [&](const std::string& path, Pairs query) {
    net::HttpRequest request;
    request.method = "GET";
    request.target = request.path = path;
    request.query = std::move(query);
    request.header = [](std::string_view) { return std::string_view(); };
    return all.handle(request).body.text();
  };
  EXPECT_THAT(text("/api/v1/metadata", {}),
              AllOf(HasSubstr(R"("jobs_done_total":[{"type":"counter","help":"Jobs done.","unit":""}])"),
                    HasSubstr(R"("room_bytes":[{"type":"gauge","help":"Free \"room\".","unit":"bytes"}])")));
  EXPECT_EQ(text("/api/v1/metadata", {{"metric", "room_bytes"}}).find("jobs"), std::string::npos);
  // A histogram stands for its classic series too, with a selector and without.
  for (const Pairs& match : {Pairs{}, Pairs{{"match[]", "{__name__=~\"wait.*\"}"}}}) {
    EXPECT_THAT(
        text("/api/v1/label/__name__/values", match),
        HasSubstr(R"("wait_seconds","wait_seconds_bucket","wait_seconds_count","wait_seconds_sum"])"));
    EXPECT_THAT(text("/api/v1/label/le/values", match), HasSubstr(R"("data":["+Inf","0.5"])"));
    EXPECT_THAT(text("/api/v1/labels", match), HasSubstr(R"("__name__")"));
  }
}

}  // namespace
}  // namespace kymo::KYMO_ABI::live
