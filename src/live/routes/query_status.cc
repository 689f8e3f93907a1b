#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <kymo/base/duration.h>
#include <kymo/net/json_error.h>
#include <kymo/version.h>

#include "../prometheus_api.h"
#include "../responses.h"
#include "query_routes.h"

namespace kymo::KYMO_ABI::live {
namespace {

using base::JsonWriter;

/// Clients choose by it what they ask for.
constexpr std::string_view kPrometheusVersion = "3.14.0";
constexpr std::size_t kUsualLines = 10;

void write_build(const QueryApi& /*api*/, const net::HttpRequest& /*request*/, const ApiFields& /*fields*/,
                 ApiAnswer& answer) {
  JsonWriter& json = answer.json();
  json.begin_object();
  json.field("version", kPrometheusVersion);
  json.field("revision", "kymo-" + std::string(version()));
  json.field("branch", std::string_view("kymo"));
  json.field("buildUser", std::string_view());
  json.field("buildDate", std::string_view());
  json.field("goVersion", std::string_view());
  json.end_object();
}

void write_runtime(const QueryApi& api, const net::HttpRequest& /*request*/, const ApiFields& /*fields*/,
                   ApiAnswer& answer) {
  const QuerySources& sources = api.sources();
  JsonWriter& json = answer.json();
  json.begin_object();
  write_time("startTime", api.started(), json);
  write_time("serverTime", sources.clock->system_now(), json);
  json.field("reloadConfigSuccess", true);
  write_time("lastConfigTime", api.started(), json);
  json.field("storageRetention", sources.retention.count() == 0 ? std::string("until its memory is full")
                                                                : base::duration_text(sources.retention));
  json.end_object();
}

void write_config(const QueryApi& api, const net::HttpRequest& /*request*/, const ApiFields& /*fields*/,
                  ApiAnswer& answer) {
  answer.json().begin_object();
  answer.json().field("yaml", std::string_view(api.sources().config));
  answer.json().end_object();
}

void write_flags(const QueryApi& api, const net::HttpRequest& /*request*/, const ApiFields& /*fields*/,
                 ApiAnswer& answer) {
  answer.json().begin_object();
  for (const NamedValue& setting : api.sources().settings) {
    answer.json().field(setting.name, std::string_view(setting.value));
  }
  answer.json().end_object();
}

using Counts = std::unordered_map<std::string_view, std::uint64_t>;

/// The largest counts, and of equal ones the first by name.
void write_largest(std::string_view name, const Counts& counts, std::size_t most, JsonWriter& json) {
  std::vector<std::pair<std::string_view, std::uint64_t>> sorted(counts.begin(), counts.end());
  const auto end = sorted.begin() + static_cast<std::ptrdiff_t>(std::min(most, sorted.size()));
  std::partial_sort(sorted.begin(), end, sorted.end(), [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  sorted.erase(end, sorted.end());
  json.objects(name, sorted, [&](const auto& line) {
    json.field("name", line.first);
    json.field("value", line.second);
  });
}

void write_store(const QueryApi& api, const net::HttpRequest& request, const ApiFields& fields,
                 ApiAnswer& answer) {
  const std::size_t most = fields.limit() == 0 ? kUsualLines : fields.limit();
  static_cast<void>(past_of(api));
  const auto found =
      api.sources().store->find({}, {}, {.stop = request.cancel, .deadline = request.deadline});
  Counts series_of_name;
  std::unordered_map<std::string_view, Counts> values_of_label;
  for (const series::SeriesRef& ref : found) {
    ++series_of_name[ref->labels.name()];
    for (const Label label : ref->labels) ++values_of_label[label.key][label.value];
  }
  Counts count_of_label;
  std::size_t pairs = 0;
  for (const auto& [label, values] : values_of_label) {
    count_of_label[label] = values.size();
    pairs += values.size();
  }
  const auto extent = api.sources().extent ? api.sources().extent() : std::nullopt;
  JsonWriter& json = answer.json();
  json.begin_object();
  json.begin_object("headStats");
  json.field("numSeries", static_cast<std::uint64_t>(found.size()));
  json.field("numLabelPairs", static_cast<std::uint64_t>(pairs));
  json.field("minTime", extent ? extent->from_ms : 0);
  json.field("maxTime", extent ? extent->to_ms : 0);
  json.end_object();
  write_largest("seriesCountByMetricName", series_of_name, most, json);
  write_largest("labelValueCountByLabelName", count_of_label, most, json);
  json.end_object();
}

void write_target(const QueryApi& api, const net::HttpRequest& request, JsonWriter& json) {
  const QuerySources& sources = api.sources();
  const auto extent = sources.extent ? sources.extent() : std::nullopt;
  const std::string host(request.header("host"));
  const std::string url = (request.is_secure ? "https://" : "http://") + host + "/metrics";
  json.begin_object();
  json.begin_object("discoveredLabels");
  json.field("__address__", std::string_view(host));
  json.end_object();
  json.begin_object("labels");  // the series of the history have none for their target
  json.end_object();
  json.field("scrapePool", std::string_view("kymo"));
  json.field("scrapeUrl", std::string_view(url));
  json.field("globalUrl", std::string_view(url));
  json.field("lastError", std::string_view());
  write_time("lastScrape",
             std::chrono::system_clock::time_point(std::chrono::milliseconds(extent ? extent->to_ms : 0)),
             json);
  const auto duration = sources.last_tick ? sources.last_tick() : std::chrono::nanoseconds(0);
  json.field("lastScrapeDuration", std::chrono::duration<double>(duration).count());
  json.field("health", std::string_view(extent ? "up" : "unknown"));
  json.field("scrapeInterval", base::duration_text(sources.tick_interval));
  json.field("scrapeTimeout", base::duration_text(sources.tick_interval));
  json.end_object();
}

void list_targets(const QueryApi& api, const net::HttpRequest& request, const ApiFields& fields,
                  ApiAnswer& answer) {
  const std::string* const state = fields.find("state");
  const bool has_active = state == nullptr || (*state != "dropped" && *state != "Dropped");
  JsonWriter& json = answer.json();
  json.begin_object();
  json.begin_array("activeTargets");
  if (has_active) write_target(api, request, json);
  json.end_array();
  json.begin_array("droppedTargets");
  json.end_array();
  json.begin_object("droppedTargetCounts");
  json.end_object();
  json.end_object();
}

std::vector<std::string> texts_of(const ApiFields& fields, std::string_view name) {
  const auto all = fields.all(name);
  return {all.begin(), all.end()};
}

RuleFilter filter_of(const QueryApi& api, const ApiFields& fields) {
  RuleFilter filter{.names = texts_of(fields, "rule_name[]"),
                    .groups = texts_of(fields, "rule_group[]"),
                    .files = texts_of(fields, "file[]")};
  const std::string* const type = fields.find("type");
  if (type != nullptr && !type->empty()) {
    filter.alerting = *type == "alert";
    filter.recording = *type == "record";
    if (!filter.alerting && !filter.recording) {
      throw ApiError(ApiFault::bad_data, "invalid parameter \"type\": not supported value \"" +
                                             net::excerpt(*type) + "\"; give alert or record");
    }
  }
  const std::string* const excludes = fields.find("exclude_alerts");
  if (excludes != nullptr && !excludes->empty()) {
    filter.without_alerts = *excludes == "true" || *excludes == "1";
    if (!filter.without_alerts && *excludes != "false" && *excludes != "0") {
      throw ApiError(ApiFault::bad_data, "invalid parameter \"exclude_alerts\": \"" +
                                             net::excerpt(*excludes) + "\" is neither true nor false");
    }
  }
  for (const std::string_view text : fields.all("match[]")) filter.matchers.push_back(selector_of(api, text));
  return filter;
}

/// An object with one empty list.
void write_empty(std::string_view name, JsonWriter& json) {
  json.begin_object();
  json.begin_array(name);
  json.end_array();
  json.end_object();
}

void list_rules(const QueryApi& api, const net::HttpRequest& /*request*/, const ApiFields& fields,
                ApiAnswer& answer) {
  const RuleFilter filter = filter_of(api, fields);
  if (!api.sources().write_rules) return write_empty("groups", answer.json());
  api.sources().write_rules(filter, answer.json());
}

void list_alerts(const QueryApi& api, const net::HttpRequest& /*request*/, const ApiFields& /*fields*/,
                 ApiAnswer& answer) {
  if (!api.sources().write_alerts) return write_empty("alerts", answer.json());
  api.sources().write_alerts(answer.json());
}

using Answer = void (*)(const QueryApi&, const net::HttpRequest&, const ApiFields&, ApiAnswer&);

}  // namespace

std::vector<Route> status_routes(const std::shared_ptr<const QueryApi>& api) {
  std::vector<Route> routes;
  const auto add = [&](std::string path, std::string about, Answer answer,
                       net::ThreadClass threads = net::ThreadClass::normal) {
    routes.push_back({.path = std::move(path),
                      .handle =
                          [api, answer](const net::HttpRequest& request) {
                            return api_response(request, api->sources().memory,
                                                [&](const ApiFields& fields, ApiAnswer& out) {
                                                  answer(*api, request, fields, out);
                                                });
                          },
                      .about = std::move(about),
                      .threads = threads});
  };
  add("/api/v1/status/buildinfo", "The versions of kymo and of the API of Prometheus that it speaks.",
      write_build);
  add("/api/v1/status/runtimeinfo", "When the process began, and how long it keeps the past.", write_runtime);
  add("/api/v1/status/config", "The settings, as a configuration file.", write_config);
  add("/api/v1/status/flags", "The settings by name.", write_flags);
  add("/api/v1/status/tsdb", "The metrics with most series, and the labels with most values.", write_store,
      net::ThreadClass::heavy);
  add("/api/v1/targets", "This process, as the one target.", list_targets);
  add("/api/v1/rules", "The groups of rules, and the last evaluation of each.", list_rules);
  add("/api/v1/alerts", "The alerts that are pending or firing.", list_alerts);
  return routes;
}

}  // namespace kymo::KYMO_ABI::live
