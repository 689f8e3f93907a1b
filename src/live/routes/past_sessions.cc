#include <cstdint>
#include <string_view>
#include <vector>

#include <kymo/base/anonymous_id.h>
#include <kymo/format/iso_time.h>
#include <kymo/live/peers.h>
#include <kymo/live/query_reader.h>
#include <kymo/peers/session_log.h>

#include "../responses.h"

namespace kymo::KYMO_ABI::live {
namespace {

using base::JsonWriter;

constexpr std::uint64_t kUsualLimit = 10;
constexpr QueryReader::Bounds kLimits{1, 1000};

void write_session(const peers::Session& session, PeerIds ids, JsonWriter& json) {
  json.field("session_id", std::string_view(session.id));
  json.field("kind", std::string_view(session.kind));
  json.field("name", std::string_view(session.name));
  json.field("start_time", std::string_view(format::iso_time(session.start)));
  json.key("end_time");
  session.end ? json.value(std::string_view(format::iso_time(*session.end))) : json.null();
  json.field("duration_seconds", static_cast<double>(session.duration.count()) / 1000);
  json.begin_array("peers");
  for (const std::string& peer : session.peers) {
    json.value(std::string_view(ids == PeerIds::own ? peer : base::anonymous_id(peer)));
  }
  json.end_array();
  json.begin_object("latency_ms");
  json.field("min", session.latency.min_ms);
  json.field("avg", session.latency.avg_ms);
  json.field("max", session.latency.max_ms);
  json.end_object();
  json.field("interrupted", session.interrupted);
}

net::HttpResponse respond_with_past(const peers::SessionLog* log, PeerIds ids,
                                    const net::HttpRequest& request) {
  QueryReader query(request);
  const auto limit = query.whole_number("limit", kUsualLimit, kLimits);
  if (query.refusal()) return *query.refusal();
  return json_response(request, [&](JsonWriter& json) {
    const auto sessions = log == nullptr ? std::vector<peers::Session>() : log->last(limit);
    json.objects("sessions", sessions,
                 [&](const peers::Session& session) { write_session(session, ids, json); });
  });
}

}  // namespace

Route past_sessions_route(const peers::SessionLog* log, PeerIds ids) {
  return {"GET", "/api/metrics/sessions",
          [log, ids](const net::HttpRequest& request) { return respond_with_past(log, ids, request); },
          "The last sessions between peers, with their latency."};
}

}  // namespace kymo::KYMO_ABI::live
