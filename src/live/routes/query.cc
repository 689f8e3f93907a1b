#include <kymo/live/query_api.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include <kymo/query/parser.h>
#include <kymo/query/printer.h>
#include <kymo/query/result_json.h>

#include "../prometheus_api.h"
#include "query_routes.h"

namespace kymo::KYMO_ABI::live {
namespace {

using base::JsonWriter;
using std::chrono::milliseconds;
using SteadyTime = std::chrono::steady_clock::time_point;

const std::string& query_of(const ApiFields& fields) { return fields.required("query"); }

/// The time for a query: the client's wish, but not beyond the time at which nobody waits any more.
milliseconds time_for(const net::HttpRequest& request, const ApiFields& fields, SteadyTime now) {
  const milliseconds left =
      request.deadline == SteadyTime::max()
          ? milliseconds::max()
          : std::max(std::chrono::floor<milliseconds>(request.deadline - now), milliseconds(0));
  const auto wish = fields.duration("timeout");
  if (wish && *wish <= milliseconds(0)) {
    throw ApiError(ApiFault::bad_data, "invalid parameter \"timeout\": it must be above 0");
  }
  return std::min(left, wish.value_or(left));
}

query::QueryRequest request_of(const net::HttpRequest& request, const ApiFields& fields, SteadyTime now) {
  query::QueryRequest wanted{.query = query_of(fields)};
  wanted.lookback = fields.duration("lookback_delta");
  if (wanted.lookback && *wanted.lookback <= milliseconds(0)) {
    throw ApiError(ApiFault::bad_data, "invalid parameter \"lookback_delta\": it must be above 0");
  }
  const milliseconds time = time_for(request, fields, now);
  if (time != milliseconds::max()) wanted.most_time = time;
  wanted.stop = request.cancel;
  return wanted;
}

void write_seconds(std::string_view name, std::chrono::steady_clock::duration time, JsonWriter& json) {
  json.field(name, std::chrono::duration<double>(time).count());
}

void write_statistics(const query::QueryResult& result, const net::HttpRequest& request, SteadyTime begun,
                      JsonWriter& json) {
  const SteadyTime now = std::chrono::steady_clock::now();
  json.begin_object("stats");
  json.begin_object("timings");
  write_seconds("evalTotalTime", now - begun, json);
  write_seconds("execQueueTime", begun - request.received, json);
  write_seconds("execTotalTime", now - request.received, json);
  json.end_object();
  json.begin_object("samples");
  json.field("totalQueryableSamples", result.read_samples);
  json.field("peakSamples", static_cast<std::uint64_t>(result.peak_bytes / sizeof(query::NumberPoint)));
  json.end_object();
  json.end_object();
}

void answer_query(const QueryApi& api, const net::HttpRequest& request, const ApiFields& fields,
                  const query::QueryRequest& wanted, ApiAnswer& answer) {
  static_cast<void>(past_of(api));
  const SteadyTime begun = std::chrono::steady_clock::now();
  query::QueryResult result = api.run(wanted);
  answer.warnings = std::move(result.warnings);
  answer.infos = std::move(result.infos);
  if (const std::size_t limit = fields.limit(); limit != 0 && result.series.size() > limit) {
    result.series.resize(limit);
    answer.warnings.emplace_back(kCut);
  }
  JsonWriter& json = answer.json();
  json.begin_object();
  query::write_result(result, wanted.start_ms, json, [&] { answer.on_part(); });
  const std::string* const statistics = fields.find("stats");
  if (statistics != nullptr && !statistics->empty()) write_statistics(result, request, begun, json);
  json.end_object();
}

void query_instant(const QueryApi& api, const net::HttpRequest& request, const ApiFields& fields,
                   ApiAnswer& answer) {
  query::QueryRequest wanted = request_of(request, fields, std::chrono::steady_clock::now());
  const auto now =
      std::chrono::floor<milliseconds>(api.sources().clock->system_now()).time_since_epoch().count();
  wanted.start_ms = wanted.end_ms = fields.time("time").value_or(now);
  answer_query(api, request, fields, wanted, answer);
}

void query_range(const QueryApi& api, const net::HttpRequest& request, const ApiFields& fields,
                 ApiAnswer& answer) {
  query::QueryRequest wanted = request_of(request, fields, std::chrono::steady_clock::now());
  wanted.start_ms = fields.required_time("start");
  wanted.end_ms = fields.required_time("end");
  if (wanted.end_ms < wanted.start_ms) {
    throw ApiError(ApiFault::bad_data,
                   "invalid parameter \"end\": end timestamp must not be before start time; swap them");
  }
  static_cast<void>(fields.required("step"));
  wanted.step_ms = fields.duration("step")->count();
  if (wanted.step_ms <= 0) {
    throw ApiError(ApiFault::bad_data,
                   "invalid parameter \"step\": zero or negative query resolution step widths are not "
                   "accepted. Try a positive integer");
  }
  answer_query(api, request, fields, wanted, answer);
}

query::ExpressionPtr parsed(const QueryApi& api, const std::string& text) {
  const query::EngineOptions& options = api.engine().options();
  return query::parse(text, {.max_bytes = options.limits.most_bytes_of_text,
                             .max_depth = options.limits.most_levels,
                             .takes_experimental = options.takes_experimental});
}

void format_query(const QueryApi& api, const net::HttpRequest& /*request*/, const ApiFields& fields,
                  ApiAnswer& answer) {
  answer.json().value(std::string_view(query::pretty_print(*parsed(api, query_of(fields)))));
}

void parse_query(const QueryApi& api, const net::HttpRequest& /*request*/, const ApiFields& fields,
                 ApiAnswer& answer) {
  query::write_expression(*parsed(api, query_of(fields)), answer.json());
}

using Answer = void (*)(const QueryApi&, const net::HttpRequest&, const ApiFields&, ApiAnswer&);

}  // namespace

std::vector<Route> expression_routes(const std::shared_ptr<const QueryApi>& api) {
  std::vector<Route> routes;
  const auto add = [&](std::string path, std::string about, Answer answer) {
    add_api_route(
        std::move(path), std::move(about),
        [api, answer](const net::HttpRequest& request, const ApiFields& fields, ApiAnswer& out) {
          answer(*api, request, fields, out);
        },
        api->sources().memory, routes);
  };
  add("/api/v1/query", "A PromQL query at one moment, as Prometheus answers it.", query_instant);
  add("/api/v1/query_range", "A PromQL query over a time, step by step.", query_range);
  add("/api/v1/format_query", "A PromQL query in its canonical form.", format_query);
  add("/api/v1/parse_query", "A PromQL query as a tree.", parse_query);
  return routes;
}

}  // namespace kymo::KYMO_ABI::live
