#include <kymo/live/peers.h>

#include <memory>
#include <utility>

#include <kymo/format/content_type.h>
#include <kymo/model/json_writer.h>
#include <kymo/net/json_error.h>

#include "../conditional.h"
#include "../duration_text.h"
#include "../peer_json.h"

namespace kymo::live {
namespace {

using model::JsonWriter;
using PeerSourcePtr = std::shared_ptr<const PeerSource>;

constexpr std::chrono::seconds kUsualStretch = std::chrono::hours(1);
constexpr std::size_t kLongestPeerShown = 200;

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

net::HttpResponse show_latency(const PeerSource& source, const net::HttpRequest& request) {
  const std::string& id = *request.path_parameter("id");
  const std::string* const text = request.query_value("duration");
  const auto duration = text == nullptr ? kUsualStretch : parse_duration(*text);
  if (!duration) return bad_duration(*text);
  const auto points = source.latency ? source.latency(id, *duration) : std::nullopt;
  if (!points) return no_such_peer(id);
  return conditional_response(request, format::kJsonType, peer_latency_json(id, *points));
}

net::HttpResponse show_hours(const PeerSource& source, const net::HttpRequest& request) {
  const std::string& id = *request.path_parameter("id");
  const auto hours = source.hourly ? source.hourly(id) : std::nullopt;
  if (!hours) return no_such_peer(id);
  return conditional_response(request, format::kJsonType, peer_hours_json(id, *hours));
}

net::HttpResponse show_network(const PeerSource& source, const net::HttpRequest& request) {
  const NetworkFigures network = source.network ? source.network() : NetworkFigures();
  return conditional_response(request, format::kJsonType, network_json(network));
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
      {"GET", "/api/metrics/peers/{id}/hourly",
       [shared](const net::HttpRequest& request) { return show_hours(*shared, request); }},
      {"GET", "/api/metrics/network",
       [shared](const net::HttpRequest& request) { return show_network(*shared, request); },
       "The network: how well all peers together are reached."},
  };
}

}  // namespace kymo::live
