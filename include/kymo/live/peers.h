#pragma once

#include <chrono>
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

/// A stretch of latencies, in milliseconds.
struct LatencyFigures {
  std::optional<double> current_ms = {};  ///< of the last answer
  std::optional<double> avg_ms = {};
  std::optional<double> min_ms = {};
  std::optional<double> max_ms = {};
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
};

/// One measurement; no latency: no answer.
struct LatencyPoint {
  std::chrono::system_clock::time_point time;
  std::optional<double> latency_ms = {};
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
};

/// `GET /api/metrics/peers`, `/api/metrics/peers/{id}` and `/api/metrics/peers/{id}/latency?duration=5m`
/// (default: an hour). 404 for a peer that there is none of, 400 for a duration that is none.
[[nodiscard]] std::vector<Route> peer_routes(PeerSource source);

}  // namespace kymo::live
