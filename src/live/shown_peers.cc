#include "shown_peers.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include <kymo/format/iso_time.h>

#include "responses.h"

namespace kymo::KYMO_ABI::live {
namespace {

using base::JsonWriter;
using peers::PeerState;

void write_latencies(const PeerState& peer, JsonWriter& json) {
  json.begin_object("latency_ms");
  json.field("current", peer.latency_ms);
  json.field("avg", peer.latencies.average);
  json.field("min", peer.latencies.min);
  json.field("max", peer.latencies.max);
  json.end_object();
}

void write_traffic(const peers::PeerTraffic& traffic, JsonWriter& json) {
  json.field("bytes_sent", traffic.bytes_sent);
  json.field("bytes_received", traffic.bytes_received);
  json.field("packets_sent", traffic.packets_sent);
  json.field("packets_received", traffic.packets_received);
}

void write_path(const PeerState& peer, JsonWriter& json) {
  json.key("path");
  if (peer.probes_sent == 0) return json.null();
  // An unmeasured part is null: 0 would mean bad.
  json.begin_object();
  json.field("score", peer.path.total);
  json.field("grade", to_string(peers::grade(peer.path.total)));
  json.field("score_5m", peer.path_score_5m);
  json.field("latency", peer.path.latency);
  json.field("jitter", peer.path.jitter);
  json.field("packet_loss", peer.path.packet_loss);
  json.field("bandwidth", peer.path.bandwidth);
  json.field("stability", peer.path.stability);
  json.end_object();
}

void write_voice(const std::optional<peers::VoiceScore>& voice, JsonWriter& json) {
  json.key("voice");
  if (!voice) return json.null();
  json.begin_object();
  json.field("r_factor", voice->r_factor);
  json.field("mos", voice->mean_opinion_score);
  json.end_object();
}

void write_more(const PeerState& peer, JsonWriter& json) {
  json.key("quality_label");
  peer.quality_score ? json.value(to_string(peers::quality_label(*peer.quality_score))) : json.null();
  json.key("quality_reason");
  peer.quality_reason.empty() ? json.null() : json.value(std::string_view(peer.quality_reason));
  write_aggregate("rtt_ms", peer.latencies, json);
  json.field("interarrival_jitter_ms",
             peer.latencies.count != 0 ? std::optional(peer.interarrival_jitter_ms) : std::nullopt);
  json.begin_object("bandwidth");
  json.field("sent_bytes_per_second", peer.bandwidth.sent_bytes_per_s);
  json.field("received_bytes_per_second", peer.bandwidth.received_bytes_per_s);
  json.end_object();
  json.begin_object("probes");
  json.field("sent", peer.probes_sent);
  json.field("answered", peer.probes_answered);
  json.field("limited", peer.probes_limited);
  json.end_object();
  write_path(peer, json);
  write_voice(peer.voice, json);
}

}  // namespace

// Figures of a peer without probes are null: 0 would mean good.
void write_peer(const PeerState& peer, JsonWriter& json) {
  const bool is_loss_known = peer.probes_sent != peer.probes_limited || peer.packet_loss_percent != 0;
  json.field("peer_id", std::string_view(peer.id));
  json.field("peer_name", std::string_view(peer.name));
  json.field("status", to_string(peer.status));
  write_latencies(peer, json);
  json.field("jitter_ms", peer.latencies.count != 0 ? std::optional(peer.jitter_ms) : std::nullopt);
  json.field("packet_loss_percent", is_loss_known ? std::optional(peer.packet_loss_percent) : std::nullopt);
  write_traffic(peer.traffic, json);
  std::optional<double> uptime_seconds;
  if (peer.uptime)
    uptime_seconds =
        static_cast<double>(std::chrono::floor<std::chrono::milliseconds>(*peer.uptime).count()) / 1000;
  json.field("uptime_seconds", uptime_seconds);
  json.key("last_seen");
  peer.last_seen ? json.value(std::string_view(format::iso_time(*peer.last_seen))) : json.null();
  json.field("quality_score", peer.quality_score);
  json.field("quality_trend", to_string(peer.quality_trend));
  write_more(peer, json);
}

}  // namespace kymo::KYMO_ABI::live
