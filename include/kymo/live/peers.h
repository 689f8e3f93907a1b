#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/live/route.h>

namespace kymo::live {

enum class PeerStatus : std::uint8_t { connected, degraded, disconnected };
enum class QualityTrend : std::uint8_t { improving, stable, degrading };
enum class QualityLabel : std::uint8_t { excellent, good, fair, poor };

/// A stretch of latencies, in milliseconds.
struct LatencyFigures {
  std::optional<double> current_ms = {};  ///< of the last answer
  std::optional<double> avg_ms = {};
  std::optional<double> min_ms = {};
  std::optional<double> max_ms = {};
};

/// What the round trips that are kept come to, in milliseconds.
struct RoundTripFigures {
  std::size_t count = 0;
  std::optional<double> min_ms = {};
  std::optional<double> max_ms = {};
  std::optional<double> avg_ms = {};
  std::optional<double> p95_ms = {};
  std::optional<double> sum_ms = {};
};

/// The score of a path and its parts, each 0 to 100; `grade` is "A" to "D" or "F".
struct PathFigures {
  double score = 0;
  std::string grade = {};
  std::optional<double> mean_of_5_minutes = {};
  double latency = 0;
  double jitter = 0;
  double packet_loss = 0;
  double bandwidth = 0;
  double stability = 0;
};

/// How voice sounds over a path, by ITU-T G.107.
struct VoiceFigures {
  double r_factor = 0;
  double mean_opinion_score = 1;
};

/// How the connection to one other machine is doing. What is not known is nothing, never 0.
struct PeerFigures {
  std::string peer_id;
  std::string peer_name = {};
  PeerStatus status = PeerStatus::disconnected;
  LatencyFigures latency = {};
  std::optional<double> jitter_ms = {};
  std::optional<double> packet_loss_percent = {};
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t packets_sent = 0;
  std::uint64_t packets_received = 0;
  std::chrono::milliseconds uptime{};  ///< since it connected
  std::optional<std::chrono::system_clock::time_point> last_seen = {};
  std::optional<double> quality_score = {};  ///< 0 to 100
  QualityTrend quality_trend = QualityTrend::stable;
  std::optional<QualityLabel> quality_label = {};
  RoundTripFigures round_trips = {};
  std::optional<double> interarrival_jitter_ms = {};  ///< RFC 3550
  std::optional<double> sent_bytes_per_second = {};
  std::optional<double> received_bytes_per_second = {};
  std::uint64_t probes_sent = 0;
  std::uint64_t probes_answered = 0;
  std::optional<PathFigures> path = {};
  std::optional<VoiceFigures> voice = {};
};

/// One measurement; no latency: no answer.
struct LatencyPoint {
  std::chrono::system_clock::time_point time;
  std::optional<double> latency_ms = {};
};

/// The path scores of one hour.
struct PeerHour {
  std::chrono::system_clock::time_point begin;
  std::size_t count = 0;
  double min = 0;
  double max = 0;
  double avg = 0;
};

/// All peers taken together; `score` is the mean of their path scores, `grade` as a path's.
struct NetworkFigures {
  std::size_t peers = 0;
  std::size_t connected = 0;
  std::size_t degraded = 0;
  std::size_t disconnected = 0;
  std::optional<double> score = {};
  std::optional<std::string> grade = {};
};

/// Where the figures of peers come from; whoever has them hands this in. All are called from several threads
/// at once; null: there are no peers.
struct PeerSource {
  std::function<std::vector<PeerFigures>()> peers = {};
  /// Nothing: no such peer.
  std::function<std::optional<PeerFigures>(std::string_view peer_id)> peer = {};
  /// What was measured in the last `duration`, oldest first; nothing: no such peer.
  std::function<std::optional<std::vector<LatencyPoint>>(std::string_view peer_id,
                                                         std::chrono::seconds duration)>
      latency = {};
  /// The hours of the last day that have scores, oldest first; nothing: no such peer.
  std::function<std::optional<std::vector<PeerHour>>(std::string_view peer_id)> hourly = {};
  std::function<NetworkFigures()> network = {};
};

/// `GET /api/metrics/peers`, `/api/metrics/peers/{id}`, `/api/metrics/peers/{id}/latency?duration=5m`
/// (default: an hour), `/api/metrics/peers/{id}/hourly` and `/api/metrics/network`. 404 for a peer that there
/// is none of, 400 for a duration that is none.
[[nodiscard]] std::vector<Route> peer_routes(PeerSource source);

}  // namespace kymo::live
