#include "peer_source.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <kymo/model/anonymous_id.h>
#include <kymo/peers/peer_metrics.h>
#include <kymo/peers/peer_table.h>
#include <kymo/peers/quality.h>
#include <kymo/peers/session_log.h>

namespace kymo::monitor {
namespace {

live::PeerStatus to_live(peers::PeerStatus status) {
  switch (status) {
    case peers::PeerStatus::connected: return live::PeerStatus::connected;
    case peers::PeerStatus::degraded: return live::PeerStatus::degraded;
    case peers::PeerStatus::disconnected: break;
  }
  return live::PeerStatus::disconnected;
}

live::QualityTrend to_live(peers::QualityTrend trend) {
  switch (trend) {
    case peers::QualityTrend::improving: return live::QualityTrend::improving;
    case peers::QualityTrend::degrading: return live::QualityTrend::degrading;
    case peers::QualityTrend::stable: break;
  }
  return live::QualityTrend::stable;
}

live::QualityLabel to_live(peers::QualityLabel label) {
  switch (label) {
    case peers::QualityLabel::excellent: return live::QualityLabel::excellent;
    case peers::QualityLabel::good: return live::QualityLabel::good;
    case peers::QualityLabel::fair: return live::QualityLabel::fair;
    case peers::QualityLabel::poor: break;
  }
  return live::QualityLabel::poor;
}

live::PathFigures path_figures(const peers::PeerState& state) {
  return {.score = state.path.total,
          .grade = std::string(to_string(peers::grade(state.path.total))),
          .mean_of_5_minutes = state.path_score_5m,
          .latency = state.path.latency,
          .jitter = state.path.jitter,
          .packet_loss = state.path.packet_loss,
          .bandwidth = state.path.bandwidth,
          .stability = state.path.stability};
}

/// Of what was never probed or told, nothing is known; 0 would say that it is fine.
live::PeerFigures to_live(peers::PeerState state) {
  const bool is_answered = state.latencies.count != 0;
  const bool is_probed = state.probes_sent != 0;
  live::PeerFigures peer{.peer_id = std::move(state.id),
                         .peer_name = std::move(state.name),
                         .status = to_live(state.status),
                         .latency = {.current_ms = state.latency_ms,
                                     .avg_ms = state.latencies.average,
                                     .min_ms = state.latencies.min,
                                     .max_ms = state.latencies.max},
                         .bytes_sent = state.traffic.bytes_sent,
                         .bytes_received = state.traffic.bytes_received,
                         .packets_sent = state.traffic.packets_sent,
                         .packets_received = state.traffic.packets_received,
                         .uptime = std::chrono::duration_cast<std::chrono::milliseconds>(state.uptime),
                         .last_seen = state.last_seen,
                         .quality_score = state.quality_score,
                         .quality_trend = to_live(state.quality_trend),
                         .round_trips = {.count = state.latencies.count,
                                         .min_ms = state.latencies.min,
                                         .max_ms = state.latencies.max,
                                         .avg_ms = state.latencies.average,
                                         .p95_ms = state.latencies.p95,
                                         .sum_ms = state.latencies.sum},
                         .sent_bytes_per_second = state.bandwidth.sent_bytes_per_s,
                         .received_bytes_per_second = state.bandwidth.received_bytes_per_s,
                         .probes_sent = state.probes_sent,
                         .probes_answered = state.probes_answered};
  if (is_answered) {
    peer.jitter_ms = state.jitter_ms;
    peer.interarrival_jitter_ms = state.interarrival_jitter_ms;
  }
  if (is_probed || state.packet_loss_percent != 0) peer.packet_loss_percent = state.packet_loss_percent;
  if (state.quality_score) peer.quality_label = to_live(peers::quality_label(*state.quality_score));
  if (is_probed) peer.path = path_figures(state);
  if (state.voice) peer.voice = {state.voice->r_factor, state.voice->mean_opinion_score};
  return peer;
}

/// The table's figures under the ids that are shown.
class ShownPeers final {
 public:
  ShownPeers(const peers::PeerTable& table, bool is_anonymous) : table_(table), is_anonymous_(is_anonymous) {}

  [[nodiscard]] std::vector<live::PeerFigures> all() const {
    std::vector<peers::PeerState> states = table_.all();
    std::vector<live::PeerFigures> peers;
    peers.reserve(states.size());
    for (peers::PeerState& state : states) peers.push_back(shown(std::move(state)));
    return peers;
  }

  [[nodiscard]] std::optional<live::PeerFigures> find(std::string_view shown_id) const {
    auto state = table_.find(id_of(shown_id));
    return state ? std::optional(shown(std::move(*state))) : std::nullopt;
  }

  [[nodiscard]] std::optional<std::vector<live::LatencyPoint>> latencies(
      std::string_view shown_id, std::chrono::seconds duration) const {
    const auto known = table_.latencies(id_of(shown_id), duration);
    if (!known) return std::nullopt;
    std::vector<live::LatencyPoint> points;
    points.reserve(known->size());
    for (const auto& [time, ms] : *known) {
      points.push_back({time, std::isnan(ms) ? std::nullopt : std::optional(ms)});
    }
    return points;
  }

  [[nodiscard]] std::optional<std::vector<live::PeerHour>> hourly(std::string_view shown_id) const {
    const auto known = table_.hourly(id_of(shown_id));
    if (!known) return std::nullopt;
    std::vector<live::PeerHour> hours;
    hours.reserve(known->size());
    for (const peers::HourlyScore& hour : *known) {
      hours.push_back({hour.begin, hour.count, hour.min, hour.max, hour.average});
    }
    return hours;
  }

  [[nodiscard]] live::NetworkFigures network() const {
    const peers::NetworkQuality quality = table_.network_quality();
    live::NetworkFigures network{.peers = quality.peers,
                                 .connected = quality.connected,
                                 .degraded = quality.degraded,
                                 .disconnected = quality.disconnected,
                                 .score = quality.score};
    if (quality.score) network.grade = std::string(to_string(peers::grade(*quality.score)));
    return network;
  }

 private:
  [[nodiscard]] live::PeerFigures shown(peers::PeerState state) const {
    if (is_anonymous_) {
      state.id = model::anonymous_id(state.id);
      state.name.clear();
    }
    return to_live(std::move(state));
  }

  /// Empty, which no peer's id is, where there is none such.
  [[nodiscard]] std::string id_of(std::string_view shown_id) const {
    if (!is_anonymous_) return std::string(shown_id);
    std::vector<std::string> ids = table_.ids();
    const auto found =
        std::ranges::find(ids, shown_id, [](const auto& id) { return model::anonymous_id(id); });
    return found == ids.end() ? std::string() : std::move(*found);
  }

  const peers::PeerTable& table_;
  bool is_anonymous_;
};

live::PastSession to_live(peers::Session session, bool is_anonymous) {
  if (is_anonymous) {
    for (std::string& peer : session.peers) peer = model::anonymous_id(peer);
  }
  return {.session_id = std::move(session.id),
          .kind = std::move(session.kind),
          .name = std::move(session.name),
          .start_time = session.start,
          .end_time = session.end,
          .duration = session.duration,
          .peers = std::move(session.peers),
          .latency = {.avg_ms = session.latency.avg_ms,
                      .min_ms = session.latency.min_ms,
                      .max_ms = session.latency.max_ms},
          .interrupted = session.interrupted};
}

}  // namespace

live::PeerSource peer_source(const MonitorOptions& options) {
  if (options.peers == nullptr) return {};
  const ShownPeers shown(*options.peers, options.anonymous_peers);
  return {.peers = [shown] { return shown.all(); },
          .peer = [shown](std::string_view id) { return shown.find(id); },
          .latency = [shown](std::string_view id,
                             std::chrono::seconds duration) { return shown.latencies(id, duration); },
          .hourly = [shown](std::string_view id) { return shown.hourly(id); },
          .network = [shown] { return shown.network(); }};
}

live::PastSessionsSource past_sessions_source(const MonitorOptions& options) {
  if (options.sessions == nullptr) return nullptr;
  return [log = options.sessions, is_anonymous = options.anonymous_peers](std::size_t limit) {
    std::vector<live::PastSession> shown;
    for (peers::Session& session : log->last(limit))
      shown.push_back(to_live(std::move(session), is_anonymous));
    return shown;
  };
}

Registration export_peers(Registry& registry, const MonitorOptions& options) {
  if (options.peers == nullptr && options.sessions == nullptr) return {};
  const peers::PeerMetricsOptions labels{.max_peers = options.max_labelled_peers,
                                         .anonymous = options.anonymous_peers};
  return registry.add_producer(
      [table = options.peers, log = options.sessions, labels](SnapshotWriter& writer) {
        if (table != nullptr) write_peer_metrics(*table, labels, writer);
        if (log != nullptr) write_session_metrics(*log, writer);
      });
}

}  // namespace kymo::monitor
