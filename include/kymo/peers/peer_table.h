#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/base/clock.h>
#include <kymo/peers/quality.h>

namespace kymo::KYMO_ABI::peers {

struct KYMO_API PeerTableOptions {
  std::size_t max_peers = 1024;      ///< further ones are refused
  std::size_t latency_points = 360;  ///< points kept of each peer: 32 bytes each, some 11 KiB in all
  /// Length limit of ids: longer and empty ones are refused. Names are cut to it.
  std::size_t max_id_bytes = 256;
  /// A peer without an answer or traffic for this long is disconnected. Take several times the interval
  /// between probes.
  std::chrono::steady_clock::duration disconnected_after = std::chrono::seconds(30);
  const base::Clock* clock = nullptr;  ///< null: the machine's; else it must outlive the table
};

/// Totals since the peer connected, as a socket or a tunnel counts them.
struct PeerTraffic {
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t packets_sent = 0;
  std::uint64_t packets_received = 0;
};

/// Traffic a second, between the last two totals; 0 while the peer is disconnected.
struct PeerBandwidth {
  double sent_bytes_per_s = 0;
  double received_bytes_per_s = 0;
};

/// Voice quality over the path: ITU-T G.107 with half the round trip and a jitter buffer of twice the jitter
/// as the delay, and the loss.
struct VoiceScore {
  double r_factor = 0;
  double mean_opinion_score = 1;
};

/// The state of one peer at one instant. Times in milliseconds.
struct PeerState {
  std::string id;
  std::string name;
  PeerStatus status = PeerStatus::disconnected;
  /// Of the last probe; empty if it had no answer, or the peer is disconnected.
  std::optional<double> latency_ms;
  Aggregate latencies;   ///< of the kept points
  double jitter_ms = 0;  ///< see deviation_jitter()
  double interarrival_jitter_ms = 0;
  double packet_loss_percent = 0;  ///< as set by set_packet_loss(), else from the kept probes
  std::uint64_t probes_sent = 0;   ///< answered, lost and limited
  std::uint64_t probes_answered = 0;
  std::uint64_t probes_limited = 0;  ///< unanswered because of the peer's rate limit: no losses
  PeerTraffic traffic;
  PeerBandwidth bandwidth;
  /// Age of the current connection: since its first answer or traffic. 0 while the peer is disconnected;
  /// empty before the first answer.
  std::optional<std::chrono::nanoseconds> uptime;
  std::optional<std::chrono::system_clock::time_point> last_seen;  ///< time of its last answer or traffic
  /// Empty before the first probe; 0 if the last had no answer, or the peer is disconnected.
  std::optional<double> quality_score;
  /// The reason for a low score, for people: see quality_reason(), or the missing figure. Empty: high score.
  std::string quality_reason;
  /// From the score before the last probe to the one after it; while disconnected, to 0.
  QualityTrend quality_trend = QualityTrend::stable;
  PathScore path;  ///< of the last probe; 0 while disconnected, without parts
  /// Mean of the scores of the last five minutes. Disconnected time counts as 0, by its
  /// length.
  std::optional<double> path_score_5m;
  std::optional<VoiceScore> voice;  ///< empty before the first answer; R 0 while disconnected
};

/// One probe. NaN: no answer.
struct LatencyPoint {
  std::chrono::system_clock::time_point time;
  double latency_ms = 0;
};

/// The path scores of one hour. Disconnected time counts as 0, by its length.
struct HourlyScore {
  std::chrono::system_clock::time_point begin;
  std::size_t count = 0;  ///< of probes; 0 where the peer was silent for the whole hour
  double min = 0;
  double max = 0;
  double average = 0;
};

/// Summary of all peers: the mean of their path scores, in which a disconnected peer counts as 0. Empty if no
/// peer is probed or disconnected.
struct NetworkQuality {
  std::size_t peers = 0;
  std::size_t connected = 0;
  std::size_t degraded = 0;
  std::size_t disconnected = 0;
  std::optional<double> score;
};

/// Gets every probe of a PeerTable, as it is recorded.
class KYMO_API ProbeListener {
 public:
  virtual ~ProbeListener() = default;

  /// No latency: no answer. The recording thread calls this before its call returns, without a lock of the
  /// table. Several threads may call at once.
  virtual void on_probe(std::string_view peer_id, std::optional<double> latency_ms) noexcept = 0;
};

/// The peers of a process, and the quality of the path to each.
///
///     kymo::peers::PeerTable peers;
///     peers.add("a1", "Anna");
///     peers.record_latency("a1", 12ms);       // or record_timeout("a1")
///     peers.record_traffic("a1", {.bytes_sent = sent, .bytes_received = received});
///
/// Threads: any. Reading one peer's figures delays a record into the same peer by some 10 us, and into others
/// not at all. Errors: false for an unknown peer; add() returns false for a known id, an invalid id, or a
/// full table. Impossible figures are ignored. Ids and names are any bytes. Memory: bounded by the options,
/// and fixed for each peer.
class KYMO_API PeerTable final {
 public:
  explicit PeerTable(PeerTableOptions options = {});
  PeerTable(const PeerTable&) = delete;
  PeerTable& operator=(const PeerTable&) = delete;
  ~PeerTable();

  /// The peer counts as connected until PeerTableOptions::disconnected_after. `name` is for people.
  bool add(std::string_view id, std::string_view name = {});
  bool remove(std::string_view id);

  /// Records a probe's round trip; a negative one is ignored.
  bool record_latency(std::string_view id, std::chrono::nanoseconds latency);
  /// Records a probe without an answer: the peer is degraded and its quality 0 until the next answer.
  bool record_timeout(std::string_view id);
  /// Records a probe that the peer refused by its rate limit. The peer is up, and the path lost
  /// nothing.
  bool record_limited(std::string_view id);
  /// Records totals. A total below the last is a restarted counter: the rate counts from 0.
  bool record_traffic(std::string_view id, const PeerTraffic& totals);
  /// Replaces the probes' loss; 0 to 100. Empty: uses the probes again.
  bool set_packet_loss(std::string_view id, std::optional<double> percent);

  [[nodiscard]] std::optional<PeerState> find(std::string_view id) const;
  [[nodiscard]] std::vector<PeerState> all() const;                     ///< in the order of adding
  [[nodiscard]] std::vector<PeerState> first(std::size_t limit) const;  ///< of them
  /// The points of the last `duration`, oldest first; nothing for an unknown peer.
  [[nodiscard]] std::optional<std::vector<LatencyPoint>> latencies(
      std::string_view id, std::chrono::steady_clock::duration duration) const;
  /// The hours of the last 24 that have scores, oldest first; nothing for an unknown peer.
  [[nodiscard]] std::optional<std::vector<HourlyScore>> hourly(std::string_view id) const;
  [[nodiscard]] NetworkQuality network_quality() const;
  [[nodiscard]] std::vector<std::string> ids() const;  ///< in the order they were added
  /// Peers that add() refused: no room, or an invalid id.
  [[nodiscard]] std::uint64_t refused() const;

  /// Calls the listener for each probe from now on, as long as it lives.
  void tell(const std::weak_ptr<ProbeListener>& listener);

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace kymo::KYMO_ABI::peers
