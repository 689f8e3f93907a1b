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
  std::size_t latency_points = 360;  ///< kept of each peer: 32 bytes each, some 11 KiB in all
  /// Longest id; longer ones, and empty ones, are refused. Names are cut to this.
  std::size_t max_id_bytes = 256;
  /// Without an answer, or traffic from it, for so long a peer is disconnected. Take several times as long as
  /// lies between two probes.
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

/// How voice would sound over the path: ITU-T G.107 with half the round trip and a jitter buffer of twice the
/// jitter as the delay, and the loss.
struct VoiceScore {
  double r_factor = 0;
  double mean_opinion_score = 1;
};

/// All that is known of one peer at one instant. Times in milliseconds.
struct PeerState {
  std::string id;
  std::string name;
  PeerStatus status = PeerStatus::disconnected;
  /// Of the last probe; nothing where it had no answer, or the peer is disconnected.
  std::optional<double> latency_ms;
  Aggregate latencies;   ///< of the points that are kept
  double jitter_ms = 0;  ///< see deviation_jitter()
  double interarrival_jitter_ms = 0;
  double packet_loss_percent = 0;  ///< as told, else of the probes that are kept
  std::uint64_t probes_sent = 0;   ///< answered, lost and limited
  std::uint64_t probes_answered = 0;
  std::uint64_t probes_limited = 0;  ///< that the peer's limit left without an answer: no losses
  PeerTraffic traffic;
  PeerBandwidth bandwidth;
  /// Of the connection that stands: since its first answer, or traffic from it. 0 while the peer is
  /// disconnected; nothing before the first answer.
  std::optional<std::chrono::nanoseconds> uptime;
  std::optional<std::chrono::system_clock::time_point> last_seen;  ///< its last answer, or traffic from it
  /// Nothing before the first probe; 0 where the last had no answer, or the peer is disconnected.
  std::optional<double> quality_score;
  /// Why the score is not higher, for people: see quality_reason(), or what is missing. Empty: it is high.
  std::string quality_reason;
  /// From the score before the last probe to the one after; while disconnected, to 0.
  QualityTrend quality_trend = QualityTrend::stable;
  PathScore path;  ///< of the last probe; 0 while disconnected, without parts
  /// Mean of the scores of the last five minutes. Time while the peer was disconnected counts as 0, by its
  /// length.
  std::optional<double> path_score_5m;
  std::optional<VoiceScore> voice;  ///< nothing before the first answer; R 0 while disconnected
};

/// One probe. NaN: no answer.
struct LatencyPoint {
  std::chrono::system_clock::time_point time;
  double latency_ms = 0;
};

/// The path scores of one hour. Time while the peer was disconnected counts as 0, by its length.
struct HourlyScore {
  std::chrono::system_clock::time_point begin;
  std::size_t count = 0;  ///< of probes; 0 where the peer was silent for the whole hour
  double min = 0;
  double max = 0;
  double average = 0;
};

/// All peers taken together: the mean of their path scores, in which a disconnected peer counts as 0. Without
/// peers that are probed or disconnected: nothing.
struct NetworkQuality {
  std::size_t peers = 0;
  std::size_t connected = 0;
  std::size_t degraded = 0;
  std::size_t disconnected = 0;
  std::optional<double> score;
};

/// Told of every probe of a PeerTable, as it is recorded.
class KYMO_API ProbeListener {
 public:
  virtual ~ProbeListener() = default;

  /// Nothing: no answer. Called by the thread that records, before its call returns, without a lock of the
  /// table held; by several threads at once.
  virtual void on_probe(std::string_view peer_id, std::optional<double> latency_ms) noexcept = 0;
};

/// The peers of a process, and how well each is reached.
///
///     kymo::peers::PeerTable peers;
///     peers.add("a1", "Anna");
///     peers.record_latency("a1", 12ms);       // or record_timeout("a1")
///     peers.record_traffic("a1", {.bytes_sent = sent, .bytes_received = received});
///
/// Threads: any; reading one peer's figures holds up who records into another not at all, and into the same
/// for some 10 us. Errors: false for a peer that is not there (or, from add(), that is already, one too many,
/// or with an id that cannot be); figures that cannot be are left out. Ids and names are any bytes. Memory:
/// bounded by the options, and fixed for each peer.
class KYMO_API PeerTable final {
 public:
  explicit PeerTable(PeerTableOptions options = {});
  PeerTable(const PeerTable&) = delete;
  PeerTable& operator=(const PeerTable&) = delete;
  ~PeerTable();

  /// Taken for connected until it was silent for so long as PeerTableOptions say. `name` is for people.
  bool add(std::string_view id, std::string_view name = {});
  bool remove(std::string_view id);

  /// A probe's round trip; negative ones are left out.
  bool record_latency(std::string_view id, std::chrono::nanoseconds latency);
  /// A probe that had no answer: the peer is degraded and its quality 0 until the next one that has.
  bool record_timeout(std::string_view id);
  /// A probe that the peer's limit on answers left without one, as the peer says: it is there, and the path
  /// lost nothing.
  bool record_limited(std::string_view id);
  /// Totals so far. One below the last is a counter that began anew: the rate is of what it says.
  bool record_traffic(std::string_view id, const PeerTraffic& totals);
  /// In place of what probes say; 0 to 100. Nothing: the probes again.
  bool set_packet_loss(std::string_view id, std::optional<double> percent);

  [[nodiscard]] std::optional<PeerState> find(std::string_view id) const;
  [[nodiscard]] std::vector<PeerState> all() const;                     ///< in the order they were added
  [[nodiscard]] std::vector<PeerState> first(std::size_t limit) const;  ///< of them
  /// The points of the last `duration`, oldest first; nothing where there is no such peer.
  [[nodiscard]] std::optional<std::vector<LatencyPoint>> latencies(
      std::string_view id, std::chrono::steady_clock::duration duration) const;
  /// The hours of the last 24 that have scores, oldest first; nothing where there is no such peer.
  [[nodiscard]] std::optional<std::vector<HourlyScore>> hourly(std::string_view id) const;
  [[nodiscard]] NetworkQuality network_quality() const;
  [[nodiscard]] std::vector<std::string> ids() const;  ///< in the order they were added
  /// Peers that add() had no room for, or whose id could not be.
  [[nodiscard]] std::uint64_t refused() const;

  /// Tells it of probes from now on, for as long as it lives.
  void tell(const std::weak_ptr<ProbeListener>& listener);

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace kymo::KYMO_ABI::peers
