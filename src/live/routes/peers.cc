#include <kymo/live/peers.h>

#include <memory>
#include <utility>

#include <kymo/format/content_type.h>
#include <kymo/format/iso_time.h>
#include <kymo/model/json_writer.h>
#include <kymo/net/json_error.h>

#include "../conditional.h"
#include "../duration_text.h"

namespace kymo::live {
namespace {

using model::JsonWriter;
using PeerSourcePtr = std::shared_ptr<const PeerSource>;

constexpr std::chrono::seconds kUsualStretch = std::chrono::hours(1);
constexpr std::size_t kLongestPeerShown = 200;

std::string_view name_of(PeerStatus status) {
  switch (status) {
    case PeerStatus::connected: return "connected";
    case PeerStatus::degraded: return "degraded";
    case PeerStatus::disconnected: break;
  }
  return "disconnected";
}

std::string_view name_of(QualityTrend trend) {
  switch (trend) {
    case QualityTrend::improving: return "improving";
    case QualityTrend::degrading: return "degrading";
    case QualityTrend::stable: break;
  }
  return "stable";
}

void write_latency(const LatencyFigures& latency, JsonWriter& json) {
  json.begin_object("latency_ms");
  json.field("current", latency.current_ms);
  json.field("avg", latency.avg_ms);
  json.field("min", latency.min_ms);
  json.field("max", latency.max_ms);
  json.end_object();
}

void write_peer(const PeerFigures& peer, JsonWriter& json) {
  json.begin_object();
  json.field("peer_id", std::string_view(peer.peer_id));
  json.field("peer_name", std::string_view(peer.peer_name));
  json.field("status", name_of(peer.status));
  write_latency(peer.latency, json);
  json.field("jitter_ms", peer.jitter_ms);
  json.field("packet_loss_percent", peer.packet_loss_percent);
  json.field("bytes_sent", peer.bytes_sent);
  json.field("bytes_received", peer.bytes_received);
  json.field("packets_sent", peer.packets_sent);
  json.field("packets_received", peer.packets_received);
  json.field("uptime_seconds", static_cast<double>(peer.uptime.count()) / 1000);
  json.key("last_seen");
  peer.last_seen ? json.value(std::string_view(format::iso_time(*peer.last_seen))) : json.null();
  json.field("quality_score", peer.quality_score);
  json.field("quality_trend", name_of(peer.quality_trend));
  json.end_object();
}

net::HttpResponse no_such_peer(std::string_view id) {
  return net::json_error(404, "there is no peer \"" + std::string(id.substr(0, kLongestPeerShown)) + "\"",
                         "/api/metrics/peers lists those that there are");
}

net::HttpResponse list_peers(const PeerSource& source, const net::HttpRequest& request) {
  const auto peers = source.peers ? source.peers() : std::vector<PeerFigures>();
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.begin_array("peers");
  for (const PeerFigures& peer : peers) write_peer(peer, json);
  json.end_array();
  json.end_object();
  return conditional_response(request, format::kJsonType, out += '\n');
}

net::HttpResponse show_peer(const PeerSource& source, const net::HttpRequest& request) {
  const std::string& id = *request.path_parameter("id");
  const auto peer = source.peer ? source.peer(id) : std::nullopt;
  if (!peer) return no_such_peer(id);
  std::string out;
  JsonWriter json(out);
  write_peer(*peer, json);
  return conditional_response(request, format::kJsonType, out += '\n');
}

std::string latency_json(std::string_view id, const std::vector<LatencyPoint>& points) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.field("peer_id", id);
  json.begin_array("points");
  for (const LatencyPoint& point : points) {
    json.begin_object();
    json.field("timestamp", std::string_view(format::iso_time(point.time)));
    json.field("latency_ms", point.latency_ms);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return out += '\n';
}

net::HttpResponse show_latency(const PeerSource& source, const net::HttpRequest& request) {
  const std::string& id = *request.path_parameter("id");
  const std::string* const text = request.query_value("duration");
  const auto duration = text == nullptr ? kUsualStretch : parse_duration(*text);
  if (!duration) return bad_duration(*text);
  const auto points = source.latency ? source.latency(id, *duration) : std::nullopt;
  if (!points) return no_such_peer(id);
  return conditional_response(request, format::kJsonType, latency_json(id, *points));
}

}  // namespace

std::vector<Route> peer_routes(PeerSource source) {
  const auto shared = std::make_shared<const PeerSource>(std::move(source));
  return {
      {"GET", "/api/metrics/peers",
       [shared](const net::HttpRequest& request) { return list_peers(*shared, request); },
       "The peers: latency, losses, traffic and quality of each."},
      {"GET", "/api/metrics/peers/{id}",
       [shared](const net::HttpRequest& request) { return show_peer(*shared, request); }},
      {"GET", "/api/metrics/peers/{id}/latency",
       [shared](const net::HttpRequest& request) { return show_latency(*shared, request); }},
  };
}

}  // namespace kymo::live
