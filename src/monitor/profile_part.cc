#include <chrono>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <kymo/base/json_writer.h>
#include <kymo/live/query_reader.h>
#include <kymo/profile/profile.h>
#include <kymo/profile/report.h>
#include <kymo/profile/trace.h>

#include "part.h"

namespace kymo::KYMO_ABI::monitor {
namespace {

constexpr std::string_view kFoldedType = "text/plain; charset=utf-8";
constexpr std::uint64_t kUsualFunctions = 50;
constexpr live::QueryReader::Bounds kFunctions{0, 10'000};
constexpr live::QueryReader::Bounds kSlowMs{0, 3'600'000};

net::HttpResponse respond(std::string text, std::string_view content_type = "application/json") {
  net::HttpResponse response;
  response.content_type = content_type;
  response.headers = {{"Cache-Control", "no-store"}};
  response.body = std::move(text);
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

net::HttpResponse respond_with_report(pulse::SnapshotSource& snapshots, const net::HttpRequest& request) {
  live::QueryReader query(request);
  const auto limit = query.whole_number("limit", kUsualFunctions, kFunctions);
  const auto slow =
      query.whole_number("slow_ms", static_cast<std::uint64_t>(profile::kSlow.count()), kSlowMs);
  if (query.refusal()) return *query.refusal();
  const auto taken = snapshots.get();
  return respond(
      profile::to_json(profile::report(),
                       {.limit = limit,
                        .slow = std::chrono::milliseconds(slow),
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
            base::JsonWriter json(text);
            json.begin_object();
            json.field("enabled", profile::is_enabled());
            json.end_object();
            return respond(text += '\n');
          }};
}

/// `GET /api/profile?limit=50&slow_ms=10`, `/api/profile/folded` and `/api/profile/trace`; and `POST
/// /api/profile/start`, `/stop` and `/reset`.
std::vector<live::Route> profile_routes(pulse::SnapshotSource& snapshots) {
  return {
      {"GET", "/api/profile",
       [&snapshots](const net::HttpRequest& request) { return respond_with_report(snapshots, request); },
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

}  // namespace

Part make_profile_part(const PartContext& context) {
  Part part{.name = "profile", .routes = profile_routes(context.snapshots)};
  if (context.options.profile) part.start = [] { profile::enable(); };
  return part;
}

}  // namespace kymo::KYMO_ABI::monitor
