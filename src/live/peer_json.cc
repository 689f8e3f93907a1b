#include "peer_json.h"

#include <cstdint>
#include <optional>

#include <kymo/format/iso_time.h>

namespace kymo::live {
namespace {

using model::JsonWriter;

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

std::string_view name_of(QualityLabel label) {
  switch (label) {
    case QualityLabel::excellent: return "excellent";
    case QualityLabel::good: return "good";
    case QualityLabel::fair: return "fair";
    case QualityLabel::poor: break;
  }
  return "poor";
}

void write_latency(const LatencyFigures& latency, JsonWriter& json) {
  json.begin_object("latency_ms");
  json.field("current", latency.current_ms);
  json.field("avg", latency.avg_ms);
  json.field("min", latency.min_ms);
  json.field("max", latency.max_ms);
  json.end_object();
}

void write_round_trips(const RoundTripFigures& trips, JsonWriter& json) {
  json.begin_object("rtt_ms");
  json.field("count", static_cast<std::uint64_t>(trips.count));
  json.field("min", trips.min_ms);
  json.field("max", trips.max_ms);
  json.field("avg", trips.avg_ms);
  json.field("p95", trips.p95_ms);
  json.field("sum", trips.sum_ms);
  json.end_object();
}

void write_path(const std::optional<PathFigures>& path, JsonWriter& json) {
  json.key("path");
  if (!path) return json.null();
  json.begin_object();
  json.field("score", path->score);
  json.field("grade", std::string_view(path->grade));
  json.field("score_5m", path->mean_of_5_minutes);
  json.field("latency", path->latency);
  json.field("jitter", path->jitter);
  json.field("packet_loss", path->packet_loss);
  json.field("bandwidth", path->bandwidth);
  json.field("stability", path->stability);
  json.end_object();
}

void write_voice(const std::optional<VoiceFigures>& voice, JsonWriter& json) {
  json.key("voice");
  if (!voice) return json.null();
  json.begin_object();
  json.field("r_factor", voice->r_factor);
  json.field("mos", voice->mean_opinion_score);
  json.end_object();
}

void write_more(const PeerFigures& peer, JsonWriter& json) {
  json.key("quality_label");
  peer.quality_label ? json.value(name_of(*peer.quality_label)) : json.null();
  write_round_trips(peer.round_trips, json);
  json.field("interarrival_jitter_ms", peer.interarrival_jitter_ms);
  json.begin_object("bandwidth");
  json.field("sent_bytes_per_second", peer.sent_bytes_per_second);
  json.field("received_bytes_per_second", peer.received_bytes_per_second);
  json.end_object();
  json.begin_object("probes");
  json.field("sent", peer.probes_sent);
  json.field("answered", peer.probes_answered);
  json.end_object();
  write_path(peer.path, json);
  write_voice(peer.voice, json);
}

void write_time(std::string_view name, std::chrono::system_clock::time_point time, JsonWriter& json) {
  json.field(name, std::string_view(format::iso_time(time)));
}

}  // namespace

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
  write_more(peer, json);
  json.end_object();
}

std::string peer_latency_json(std::string_view id, const std::vector<LatencyPoint>& points) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.field("peer_id", id);
  json.begin_array("points");
  for (const LatencyPoint& point : points) {
    json.begin_object();
    write_time("timestamp", point.time, json);
    json.field("latency_ms", point.latency_ms);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return out += '\n';
}

std::string peer_hours_json(std::string_view id, const std::vector<PeerHour>& hours) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.field("peer_id", id);
  json.begin_array("hours");
  for (const PeerHour& hour : hours) {
    json.begin_object();
    write_time("begin", hour.begin, json);
    json.field("count", static_cast<std::uint64_t>(hour.count));
    json.field("min", hour.min);
    json.field("max", hour.max);
    json.field("avg", hour.avg);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return out += '\n';
}

std::string network_json(const NetworkFigures& network) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.field("peers", static_cast<std::uint64_t>(network.peers));
  json.field("connected", static_cast<std::uint64_t>(network.connected));
  json.field("degraded", static_cast<std::uint64_t>(network.degraded));
  json.field("disconnected", static_cast<std::uint64_t>(network.disconnected));
  json.field("score", network.score);
  json.key("grade");
  network.grade ? json.value(std::string_view(*network.grade)) : json.null();
  json.end_object();
  return out += '\n';
}

}  // namespace kymo::live
