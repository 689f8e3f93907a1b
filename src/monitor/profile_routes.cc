#include "profile_routes.h"

#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <kymo/model/json_writer.h>
#include <kymo/net/json_error.h>
#include <kymo/profile/profile.h>
#include <kymo/profile/report.h>
#include <kymo/profile/trace.h>

namespace kymo::monitor {
namespace {

using SnapshotSource = std::function<std::shared_ptr<const Snapshot>()>;

constexpr std::string_view kFoldedType = "text/plain; charset=utf-8";
constexpr std::int64_t kMostFunctions = 10'000;
constexpr std::int64_t kMostSlowMs = 3'600'000;
constexpr std::size_t kLongestProfileValueShown = 100;

net::HttpResponse respond(std::string text, std::string_view content_type = "application/json") {
  net::HttpResponse response;
  response.content_type = content_type;
  response.headers = {{"Cache-Control", "no-store"}};
  response.body = std::make_shared<const std::string>(std::move(text));
  return response;
}

std::optional<double> gauge_in(const Snapshot& snapshot, std::string_view name) {
  const auto point = snapshot.find(name, {});
  return point ? std::optional(to_double(point->number)) : std::nullopt;
}

profile::ProcessFigures process_figures(const Snapshot& snapshot) {
  auto cpu = gauge_in(snapshot, "kymo_process_cpu_ratio");
  if (cpu) *cpu = std::round(*cpu * 10'000) / 100;  // percent, to hundredths
  return {.cpu_percent = cpu,
          .resident_bytes = gauge_in(snapshot, "process_resident_memory_bytes"),
          .threads = gauge_in(snapshot, "process_threads"),
          .open_fds = gauge_in(snapshot, "process_open_fds")};
}

struct WholeNumber {
  std::string_view name;
  std::int64_t otherwise;
  std::int64_t least;
  std::int64_t most;
};

/// Nothing: what stands there is no such number.
std::optional<std::int64_t> read_number(const net::HttpRequest& request, const WholeNumber& number) {
  const std::string* const text = request.query_value(number.name);
  if (text == nullptr) return number.otherwise;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc() || end != text->data() + text->size()) return std::nullopt;
  if (value < number.least || value > number.most) return std::nullopt;
  return value;
}

net::HttpResponse refuse_number(const net::HttpRequest& request, const WholeNumber& number) {
  const std::string name(number.name);
  return net::json_error(
      400,
      name + "=" + request.query_value(name)->substr(0, kLongestProfileValueShown) + " is not understood",
      "give a whole number from " + std::to_string(number.least) + " to " + std::to_string(number.most));
}

net::HttpResponse respond_with_report(const SnapshotSource& snapshot, const net::HttpRequest& request) {
  constexpr WholeNumber kLimit{"limit", 50, 0, kMostFunctions};
  constexpr WholeNumber kSlowMs{"slow_ms", profile::kSlow.count(), 0, kMostSlowMs};
  const auto limit = read_number(request, kLimit);
  if (!limit) return refuse_number(request, kLimit);
  const auto slow = read_number(request, kSlowMs);
  if (!slow) return refuse_number(request, kSlowMs);
  const auto taken = snapshot();
  return respond(
      profile::to_json(profile::report(),
                       {.limit = static_cast<std::size_t>(*limit),
                        .slow = std::chrono::milliseconds(*slow),
                        .process = taken == nullptr ? profile::ProcessFigures() : process_figures(*taken)}));
}

net::HttpResponse respond_with_trace(const net::HttpRequest& /*request*/) {
  net::HttpResponse response = respond(profile::to_chrome_json(profile::trace()));
  response.headers.emplace_back("Content-Disposition", "attachment; filename=\"kymo-trace.json\"");
  return response;
}

live::Route change_route(std::string path, void (*change)()) {
  return {"POST", std::move(path), [change](const net::HttpRequest&) {
            change();
            std::string text;
            model::JsonWriter json(text);
            json.begin_object();
            json.field("enabled", profile::is_enabled());
            json.end_object();
            return respond(text += '\n');
          }};
}

}  // namespace

std::vector<live::Route> profile_routes(SnapshotSource snapshot) {
  return {
      {"GET", "/api/profile",
       [snapshot = std::move(snapshot)](const net::HttpRequest& request) {
         return respond_with_report(snapshot, request);
       },
       "Where the time goes: functions by time, once a POST to /api/profile/start turned the profiler on."},
      {"GET", "/api/profile/folded",
       [](const net::HttpRequest&) { return respond(profile::to_folded(profile::report()), kFoldedType); },
       "The same as folded stacks, for flame graphs."},
      {"GET", "/api/profile/trace", respond_with_trace,
       "The last calls one by one, for Perfetto and the browser's developer tools."},
      change_route("/api/profile/start", [] { profile::enable(); }),
      change_route("/api/profile/stop", [] { profile::disable(); }),
      change_route("/api/profile/reset", [] { profile::reset(); }),
  };
}

}  // namespace kymo::monitor
