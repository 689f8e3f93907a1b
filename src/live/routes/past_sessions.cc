#include <kymo/live/past_sessions.h>

#include <charconv>
#include <string_view>
#include <utility>

#include <kymo/format/content_type.h>
#include <kymo/format/iso_time.h>
#include <kymo/model/json_writer.h>
#include <kymo/net/json_error.h>

#include "../conditional.h"

namespace kymo::live {
namespace {

using model::JsonWriter;

constexpr std::size_t kUsualLimit = 10;
constexpr std::size_t kMaxLimit = 1000;
constexpr std::size_t kLongestLimitShown = 200;

std::optional<std::size_t> parse_limit(const std::string* text) {
  if (text == nullptr) return kUsualLimit;
  std::size_t limit = 0;
  const char* const end = text->data() + text->size();
  const auto [stopped, error] = std::from_chars(text->data(), end, limit);
  if (error != std::errc{} || stopped != end || limit == 0 || limit > kMaxLimit) return std::nullopt;
  return limit;
}

void write_past_session(const PastSession& session, JsonWriter& json) {
  json.begin_object();
  json.field("session_id", std::string_view(session.session_id));
  json.field("kind", std::string_view(session.kind));
  json.field("name", std::string_view(session.name));
  json.field("start_time", std::string_view(format::iso_time(session.start_time)));
  json.key("end_time");
  session.end_time ? json.value(std::string_view(format::iso_time(*session.end_time))) : json.null();
  json.field("duration_seconds", static_cast<double>(session.duration.count()) / 1000);
  json.begin_array("peers");
  for (const std::string& peer : session.peers) json.value(std::string_view(peer));
  json.end_array();
  json.begin_object("latency_ms");
  json.field("min", session.latency.min_ms);
  json.field("avg", session.latency.avg_ms);
  json.field("max", session.latency.max_ms);
  json.end_object();
  json.field("interrupted", session.interrupted);
  json.end_object();
}

net::HttpResponse respond_with_past(const PastSessionsSource& source, const net::HttpRequest& request) {
  const auto limit = parse_limit(request.query_value("limit"));
  if (!limit) {
    return net::json_error(400, "limit is how many sessions to list, and \"" +
                                    request.query_value("limit")->substr(0, kLongestLimitShown) +
                                    "\" is not a number from 1 to 1000");
  }
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.begin_array("sessions");
  if (source) {
    for (const PastSession& session : source(*limit)) write_past_session(session, json);
  }
  json.end_array();
  json.end_object();
  return conditional_response(request, format::kJsonType, out += '\n');
}

}  // namespace

Route past_sessions_route(PastSessionsSource source) {
  return {"GET", "/api/metrics/sessions",
          [source = std::move(source)](const net::HttpRequest& request) {
            return respond_with_past(source, request);
          },
          "The last sessions between peers, with their latency."};
}

}  // namespace kymo::live
