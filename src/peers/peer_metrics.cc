#include <kymo/peers/peer_metrics.h>

#include <string>
#include <utility>
#include <vector>

#include <kymo/base/anonymous_id.h>
#include <kymo/peers/peer_table.h>
#include <kymo/peers/session_log.h>

namespace kymo::KYMO_ABI::peers {
namespace {

/// Families with a series for each labelled peer.
class PeerFamilies final {
 public:
  explicit PeerFamilies(SnapshotWriter& writer)
      : up_(writer.gauge(
            {"kymo_peer_up", "1 while the peer answers or sends traffic, 0 while disconnected."})),
        latency_(writer.gauge({"kymo_peer_latency_seconds",
                               "Round trip of the last probe; missing while it has no answer.", "seconds"})),
        jitter_(writer.gauge(
            {"kymo_peer_jitter_seconds", "Standard deviation of the kept round trips.", "seconds"})),
        loss_(writer.gauge({"kymo_peer_packet_loss_ratio", "Share of lost packets.", "ratio"})),
        quality_(writer.gauge({"kymo_peer_quality_score",
                               "Quality of the connection from 0 to 100, by latency, loss and jitter."})),
        mos_(writer.gauge(
            {"kymo_peer_mos", "Mean opinion score of voice over the path from 1 to 4.5, by ITU-T G.107."})),
        sent_(writer.counter({"kymo_peer_sent_bytes_total", "Bytes sent to the peer.", "bytes"})),
        received_(
            writer.counter({"kymo_peer_received_bytes_total", "Bytes received from the peer.", "bytes"})),
        probes_(writer.counter(
            {"kymo_peer_probes_total", "Probes: answered, timed out, or limited by the peer."})) {}

  void add(std::string_view shown_id, const PeerState& state) {
    const Label peer{"peer", shown_id};
    const Labels labels(&peer, 1);
    up_.add(labels, state.status == PeerStatus::disconnected ? 0 : 1);
    if (state.latency_ms) latency_.add(labels, *state.latency_ms / 1000);
    if (state.latencies.count != 0) jitter_.add(labels, state.jitter_ms / 1000);
    const bool is_loss_known = state.probes_sent != state.probes_limited || state.packet_loss_percent != 0;
    if (is_loss_known) loss_.add(labels, state.packet_loss_percent / 100);
    if (state.quality_score) quality_.add(labels, *state.quality_score);
    if (state.voice) mos_.add(labels, state.voice->mean_opinion_score);
    sent_.add(labels, static_cast<double>(state.traffic.bytes_sent));
    received_.add(labels, static_cast<double>(state.traffic.bytes_received));
    const auto answered = static_cast<double>(state.probes_answered);
    probes_.add({peer, {"result", "answered"}}, answered);
    const auto limited = static_cast<double>(state.probes_limited);
    probes_.add({peer, {"result", "timeout"}}, static_cast<double>(state.probes_sent) - answered - limited);
    probes_.add({peer, {"result", "limited"}}, limited);
  }

 private:
  FamilyWriter up_;
  FamilyWriter latency_;
  FamilyWriter jitter_;
  FamilyWriter loss_;
  FamilyWriter quality_;
  FamilyWriter mos_;
  FamilyWriter sent_;
  FamilyWriter received_;
  FamilyWriter probes_;
};

}  // namespace

void write_peer_metrics(const PeerTable& table, const PeerMetricsOptions& options, SnapshotWriter& writer) {
  const std::vector<PeerState> states = table.first(options.max_peers);
  PeerFamilies families(writer);
  for (const PeerState& state : states) {
    families.add(options.anonymous ? base::anonymous_id(state.id) : state.id, state);
  }
  const NetworkQuality network = table.network_quality();
  writer.gauge({"kymo_peers", "Peers, by their status."})
      .add({{"status", to_string(PeerStatus::connected)}}, static_cast<double>(network.connected))
      .add({{"status", to_string(PeerStatus::degraded)}}, static_cast<double>(network.degraded))
      .add({{"status", to_string(PeerStatus::disconnected)}}, static_cast<double>(network.disconnected));
  const std::size_t unlabelled = network.peers > states.size() ? network.peers - states.size() : 0;
  writer.gauge({"kymo_peers_unlabelled", "Peers without their own series, because of the limit on labels."})
      .add(static_cast<double>(unlabelled));
  writer.counter({"kymo_peers_refused_total", "Peers refused because of the limit, or for an invalid id."})
      .add(static_cast<double>(table.refused()));
  if (network.score) {
    writer
        .gauge({"kymo_network_quality_score",
                "Quality of the network from 0 to 100: the mean of the peers' path scores."})
        .add(*network.score);
  }
}

void write_session_metrics(const SessionLog& log, SnapshotWriter& writer) {
  const SessionLog::Statistics statistics = log.statistics();
  const auto counter = [&](std::string_view name, std::string_view help, std::uint64_t value) {
    writer.counter({name, help}).add(static_cast<double>(value));
  };
  writer.gauge({"kymo_peer_sessions", "Sessions between peers open now."})
      .add(static_cast<double>(statistics.open));
  counter("kymo_peer_sessions_started_total", "Sessions between peers that have started.",
          statistics.started);
  counter("kymo_peer_sessions_refused_total", "Sessions between peers refused because too many were open.",
          statistics.refused);
  counter("kymo_peer_session_store_errors_total", "Failures to read or write the stored sessions.",
          statistics.store_errors);
}

}  // namespace kymo::KYMO_ABI::peers
