#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <kymo/peers/peer_table.h>

namespace kymo::peers {

/// One moment by both clocks: the steady one for durations, the wall's for people.
struct Now {
  std::chrono::steady_clock::time_point steady;
  std::chrono::system_clock::time_point system;
};

/// What is known of one peer. Threads: one at a time.
class PeerRecord final {
 public:
  PeerRecord(std::string id, std::string name, Now now, const PeerTableOptions& options);

  /// Nothing: no answer.
  void add_probe(Now now, std::optional<double> latency_ms);
  void set_traffic(Now now, const PeerTraffic& totals);
  void set_packet_loss(std::optional<double> percent);

  [[nodiscard]] const std::string& id() const noexcept { return id_; }
  [[nodiscard]] PeerState state(Now now) const;
  [[nodiscard]] PeerStatus status(Now now) const;
  [[nodiscard]] std::vector<LatencyPoint> latencies(std::chrono::steady_clock::time_point since) const;
  [[nodiscard]] std::vector<HourlyScore> hourly(Now now) const;
  /// Of the last probe; nothing before it.
  [[nodiscard]] std::optional<double> path_total() const;

 private:
  struct Probe {
    Now time;
    double latency_ms;  // NaN: no answer
    double path_score;
  };

  /// The kept probes in the order they were made.
  template <class Visitor>
  void for_each_probe(Visitor visit) const;
  [[nodiscard]] std::vector<double> kept_latencies() const;
  [[nodiscard]] double packet_loss_percent() const;
  [[nodiscard]] std::optional<double> mean_path_score_since(
      std::chrono::steady_clock::time_point since) const;
  void rescore(std::optional<double> latency_ms);
  void add_to_hour(std::chrono::system_clock::time_point time, double score);

  std::string id_;
  std::string name_;
  PeerTableOptions options_;
  Now connected_;
  Now last_heard_;
  bool was_heard_ = false;

  std::vector<Probe> probes_;  // a ring, once it is full
  std::size_t next_ = 0;
  std::size_t kept_answers_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t answered_ = 0;
  std::optional<double> last_latency_ms_;
  double jitter_ms_ = 0;
  InterarrivalJitter interarrival_;
  std::optional<double> told_loss_percent_;

  PeerTraffic traffic_;
  PeerBandwidth bandwidth_;
  std::optional<Now> traffic_time_;

  std::optional<double> quality_;
  QualityTrend trend_ = QualityTrend::stable;
  PathScore path_;
  std::array<HourlyScore, 24> hours_;
};

}  // namespace kymo::peers
