#include <kymo/live/system_history.h>

#include <cmath>
#include <string>
#include <utility>

#include <kymo/base/number_text.h>
#include <kymo/format/iso_time.h>
#include <kymo/live/query_reader.h>
#include <kymo/net/json_error.h>

#include "../negotiation.h"
#include "../responses.h"
#include "../summary_json.h"

namespace kymo::KYMO_ABI::live {
namespace {

using HistoryPoints = std::vector<SystemHistory::Point>;

constexpr std::chrono::seconds kUsualPast = std::chrono::hours(1);
constexpr std::string_view kCsvType = "text/csv; charset=utf-8";
constexpr std::array<MediaType, 2> kHistoryTypes = {format::kJsonType, kCsvType};

net::HttpResponse history_json(const net::HttpRequest& request, const SystemHistory::Points& past) {
  return json_response(request, [&](base::JsonWriter& json) {
    json.field("interval_seconds", static_cast<double>(past.interval.count()) / 1000);
    json.objects("points", past.points, [&](const SystemHistory::Point& point) {
      json.field("timestamp", std::string_view(format::iso_time(point.time)));
      for (std::size_t i = 0; i < SystemHistory::kFields; ++i) {
        json.field(SystemHistory::field_names()[i], to_hundredths(point.figures[i]));
      }
    });
  });
}

net::HttpResponse window_json(const net::HttpRequest& request, const HistoryPoints& points,
                              std::chrono::seconds window) {
  return json_response(request, [&](base::JsonWriter& json) {
    json.field("window_seconds", static_cast<std::int64_t>(window.count()));
    for (std::size_t i = 0; i < SystemHistory::kFields; ++i) {
      write_aggregate(SystemHistory::field_names()[i], aggregate_of(points, i), json);
    }
  });
}

/// Source: RFC 4180; unmeasured values are empty.
std::string history_csv(const HistoryPoints& points) {
  std::string out = "timestamp";
  for (const std::string_view name : SystemHistory::field_names()) out.append(",").append(name);
  out += "\r\n";
  for (const SystemHistory::Point& point : points) {
    out += format::iso_time(point.time);
    for (const double figure : point.figures) {
      out += ',';
      if (std::isnan(figure)) continue;
      std::array<char, base::kMaxNumberBytes> text;
      out.append(text.data(), base::put_number(text.data(), to_hundredths(figure)));
    }
    out += "\r\n";
  }
  return out;
}

/// An index into kHistoryTypes.
std::optional<std::size_t> chosen_type(const net::HttpRequest& request) {
  const std::string* const name = request.query_value("format");
  if (name == nullptr) return choose_offer(request.header("accept"), kHistoryTypes);
  if (*name == "json") return 0;
  if (*name == "csv") return 1;
  return std::nullopt;
}

net::HttpResponse respond_with_history(const SystemHistory& history, const net::HttpRequest& request) {
  QueryReader query(request);
  const auto window = query.window();
  const auto duration = query.duration(kUsualPast);
  if (query.refusal()) return *query.refusal();
  const auto type = chosen_type(request);
  if (!type) {
    return net::json_error(400,
                           "there is no format \"" + net::excerpt(*request.query_value("format")) + "\" here",
                           "use format=json or format=csv, or leave it out");
  }
  if (window && request.query_value("format") != nullptr && *type != 0) {
    return net::json_error(400, "a window is available as JSON only", "leave format=csv out, or window");
  }
  const SystemHistory::Points past = history.last(window.value_or(duration));
  if (window) return window_json(request, past.points, *window);
  if (*type == 0) return history_json(request, past);
  return conditional_response(request, kCsvType, history_csv(past.points));
}

}  // namespace

Route system_history_route(const SystemHistory& history) {
  return {"GET", "/api/metrics/system/history",
          [&history](const net::HttpRequest& request) { return respond_with_history(history, request); },
          "The machine's history: processors, memory and network over the last hour."};
}

}  // namespace kymo::KYMO_ABI::live
