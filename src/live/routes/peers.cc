#include <kymo/live/peers.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <kymo/format/iso_time.h>
#include <kymo/model/anonymous_id.h>
#include <kymo/net/json_error.h>
#include <kymo/peers/peer_table.h>

#include "../json_response.h"
#include "../peer_json.h"
#include "../query_reader.h"

namespace kymo::live {
namespace {

using model::JsonWriter;

constexpr std::chrono::seconds kUsualStretch = std::chrono::hours(1);

/// A table under the ids that are shown. Of no table: no peers.
class ShownPeers final {
 public:
  ShownPeers(const peers::PeerTable* table, PeerIds ids) : table_(table), ids_(ids) {}

  [[nodiscard]] std::vector<peers::PeerState> all() const {
    if (table_ == nullptr) return {};
    std::vector<peers::PeerState> states = table_->all();
    for (peers::PeerState& state : states) hide(state);
    return states;
  }

  [[nodiscard]] std::optional<peers::PeerState> find(std::string_view shown_id) const {
    if (table_ == nullptr) return std::nullopt;
    auto state = table_->find(id_of(shown_id));
    if (state) hide(*state);
    return state;
  }

  [[nodiscard]] auto latencies(std::string_view shown_id, std::chrono::seconds duration) const {
    return table_ == nullptr ? std::nullopt : table_->latencies(id_of(shown_id), duration);
  }

  [[nodiscard]] auto hourly(std::string_view shown_id) const {
    return table_ == nullptr ? std::nullopt : table_->hourly(id_of(shown_id));
  }

  [[nodiscard]] peers::NetworkQuality network() const {
    return table_ == nullptr ? peers::NetworkQuality() : table_->network_quality();
  }

 private:
  void hide(peers::PeerState& state) const {
    if (ids_ == PeerIds::own) return;
    state.id = model::anonymous_id(state.id);
    state.name.clear();
  }

  /// Empty, which no peer's id is, where there is none such.
  [[nodiscard]] std::string id_of(std::string_view shown_id) const {
    if (ids_ == PeerIds::own) return std::string(shown_id);
    std::vector<std::string> ids = table_->ids();
    const auto found =
        std::ranges::find(ids, shown_id, [](const auto& id) { return model::anonymous_id(id); });
    return found == ids.end() ? std::string() : std::move(*found);
  }

  const peers::PeerTable* table_;
  PeerIds ids_;
};

net::HttpResponse no_such_peer(std::string_view id) {
  return net::json_error(404, "there is no peer \"" + net::excerpt(id) + "\"",
                         "/api/metrics/peers lists those that there are");
}

void write_time(std::string_view name, std::chrono::system_clock::time_point time, JsonWriter& json) {
  json.field(name, std::string_view(format::iso_time(time)));
}

net::HttpResponse list_peers(const ShownPeers& shown, const net::HttpRequest& request) {
  return json_response(request, [&](JsonWriter& json) {
    write_list("peers", shown.all(), json, [&](const auto& peer) { write_peer(peer, json); });
  });
}

net::HttpResponse show_peer(const ShownPeers& shown, const net::HttpRequest& request) {
  const std::string& id = *request.path_parameter("id");
  const auto peer = shown.find(id);
  if (!peer) return no_such_peer(id);
  return json_response(request, [&](JsonWriter& json) { write_peer(*peer, json); });
}

net::HttpResponse show_latency(const ShownPeers& shown, const net::HttpRequest& request) {
  const std::string& id = *request.path_parameter("id");
  QueryReader query(request);
  const auto duration = query.duration(kUsualStretch);
  if (query.refusal()) return *query.refusal();
  const auto points = shown.latencies(id, duration);
  if (!points) return no_such_peer(id);
  return json_response(request, [&](JsonWriter& json) {
    json.field("peer_id", std::string_view(id));
    write_list("points", *points, json, [&](const peers::LatencyPoint& point) {
      write_time("timestamp", point.time, json);
      json.field("latency_ms", point.latency_ms);  // null where it had no answer
    });
  });
}

net::HttpResponse show_hours(const ShownPeers& shown, const net::HttpRequest& request) {
  const std::string& id = *request.path_parameter("id");
  const auto hours = shown.hourly(id);
  if (!hours) return no_such_peer(id);
  return json_response(request, [&](JsonWriter& json) {
    json.field("peer_id", std::string_view(id));
    write_list("hours", *hours, json, [&](const peers::HourlyScore& hour) {
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
  return {
      {"GET", "/api/metrics/peers",
       [shown](const net::HttpRequest& request) { return list_peers(shown, request); },
       "The peers: latency, losses, traffic and quality of each."},
      {"GET", "/api/metrics/peers/{id}",
       [shown](const net::HttpRequest& request) { return show_peer(shown, request); }},
      {"GET", "/api/metrics/peers/{id}/latency",
       [shown](const net::HttpRequest& request) { return show_latency(shown, request); }},
      {"GET", "/api/metrics/peers/{id}/hourly",
       [shown](const net::HttpRequest& request) { return show_hours(shown, request); }},
      {"GET", "/api/metrics/network",
       [shown](const net::HttpRequest& request) { return show_network(shown, request); },
       "The network: how well all peers together are reached."},
  };
}

}  // namespace kymo::live
