#include <kymo/live/peers.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <kymo/live/query_reader.h>
#include <kymo/net/json_error.h>
#include <kymo/peers/peer_table.h>

#include "../responses.h"
#include "../shown_peers.h"

namespace kymo::KYMO_ABI::live {
namespace {

using base::JsonWriter;

constexpr std::chrono::seconds kUsualStretch = std::chrono::hours(1);

net::HttpResponse no_such_peer(std::string_view id) {
  return net::json_error(404, "there is no peer \"" + net::excerpt(id) + "\"",
                         "/api/metrics/peers lists those that there are");
}

net::HttpResponse list_peers(const ShownPeers& shown, const net::HttpRequest& request) {
  return json_response(request, [&](JsonWriter& json) {
    json.objects("peers", shown.all(), [&](const auto& peer) { write_peer(peer, json); });
  });
}

net::HttpResponse show_peer(const ShownPeers& shown, const net::HttpRequest& request) {
  const std::string& id = *request.path_parameter("id");
  const auto peer = shown.find(id);
  if (!peer) return no_such_peer(id);
  return json_response(request, [&](JsonWriter& json) { write_peer(*peer, json); });
}

/// Summarizes the answers of a period; a probe without an answer is no value.
void write_window(std::chrono::seconds window, const std::vector<peers::LatencyPoint>& points,
                  JsonWriter& json) {
  std::vector<double> latencies;
  latencies.reserve(points.size());
  for (const peers::LatencyPoint& point : points) latencies.push_back(point.latency_ms);
  json.field("window_seconds", static_cast<std::int64_t>(window.count()));
  write_aggregate("latency_ms", peers::aggregate(latencies), json);
}

net::HttpResponse show_latency(const ShownPeers& shown, const net::HttpRequest& request) {
  const std::string& id = *request.path_parameter("id");
  QueryReader query(request);
  const auto window = query.window();
  const auto duration = query.duration(kUsualStretch);
  if (query.refusal()) return *query.refusal();
  const auto points = shown.latencies(id, window.value_or(duration));
  if (!points) return no_such_peer(id);
  return json_response(request, [&](JsonWriter& json) {
    json.field("peer_id", std::string_view(id));
    if (window) return write_window(*window, *points, json);
    json.objects("points", *points, [&](const peers::LatencyPoint& point) {
      write_time("timestamp", point.time, json);
      json.field("latency_ms", point.latency_ms);  // null without an answer
    });
  });
}

net::HttpResponse show_hours(const ShownPeers& shown, const net::HttpRequest& request) {
  const std::string& id = *request.path_parameter("id");
  const auto hours = shown.hourly(id);
  if (!hours) return no_such_peer(id);
  return json_response(request, [&](JsonWriter& json) {
    json.field("peer_id", std::string_view(id));
    json.objects("hours", *hours, [&](const peers::HourlyScore& hour) {
      write_time("begin", hour.begin, json);
      json.field("count", static_cast<std::uint64_t>(hour.count));
      json.field("min", hour.min);
      json.field("max", hour.max);
      json.field("avg", hour.average);
    });
  });
}

net::HttpResponse show_network(const ShownPeers& shown, const net::HttpRequest& request) {
  return json_response(request, [network = shown.network()](JsonWriter& json) {
    json.field("peers", static_cast<std::uint64_t>(network.peers));
    json.field("connected", static_cast<std::uint64_t>(network.connected));
    json.field("degraded", static_cast<std::uint64_t>(network.degraded));
    json.field("disconnected", static_cast<std::uint64_t>(network.disconnected));
    json.field("score", network.score);
    json.key("grade");
    network.score ? json.value(to_string(peers::grade(*network.score))) : json.null();
  });
}

}  // namespace

std::vector<Route> peer_routes(const peers::PeerTable* table, PeerIds ids) {
  const ShownPeers shown(table, ids);
  constexpr std::string_view kRemedy = "ask /api/metrics/peers/{id}/latency?window=5m";
  return {
      without_periods({"GET", "/api/metrics/peers",
                       [shown](const net::HttpRequest& request) { return list_peers(shown, request); },
                       "The peers: latency, losses, traffic and quality of each."},
                      kRemedy),
      without_periods({"GET", "/api/metrics/peers/{id}",
                       [shown](const net::HttpRequest& request) { return show_peer(shown, request); }},
                      kRemedy),
      {"GET", "/api/metrics/peers/{id}/latency",
       [shown](const net::HttpRequest& request) { return show_latency(shown, request); }},
      without_periods({"GET", "/api/metrics/peers/{id}/hourly",
                       [shown](const net::HttpRequest& request) { return show_hours(shown, request); }},
                      kRemedy),
      without_periods({"GET", "/api/metrics/network",
                       [shown](const net::HttpRequest& request) { return show_network(shown, request); },
                       "The network: the mean quality of the paths to all peers."},
                      kRemedy),
  };
}

}  // namespace kymo::KYMO_ABI::live
