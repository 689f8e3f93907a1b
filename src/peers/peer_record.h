#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <kymo/peers/peer_table.h>

namespace kymo::KYMO_ABI::peers {

/// One moment by both clocks: steady for durations, wall for people.
struct Now {
  std::chrono::steady_clock::time_point steady;
  std::chrono::system_clock::time_point system;
};

/// The state of one peer. Threads: one at a time.
class PeerRecord final {
 public:
  PeerRecord(std::string id, std::string name, Now now, const PeerTableOptions& options);

  /// Nothing: no answer.
  void add_probe(Now now, std::optional<double> latency_ms);
  void add_limited_probe(Now now);
  void set_traffic(Now now, const PeerTraffic& totals);
  void set_packet_loss(std::optional<double> percent);

  [[nodiscard]] const std::string& id() const noexcept { return id_; }
  [[nodiscard]] PeerState state(Now now) const;
  [[nodiscard]] PeerStatus status(Now now) const;
  [[nodiscard]] std::vector<LatencyPoint> latencies(std::chrono::steady_clock::time_point since) const;
  [[nodiscard]] std::vector<HourlyScore> hourly(Now now) const;
  /// Of the last probe; nothing before it; 0 while disconnected.
  [[nodiscard]] std::optional<double> path_total(Now now) const;

 private:
  struct Probe {
    Now time;
    double latency_ms;  // NaN: no answer
    double path_score;  // NaN: made while the peer was disconnected; that time counts instead
  };
  /// A period in which the peer was disconnected.
  struct Silence {
    Now begin;
    Now end;
    std::chrono::nanoseconds length;  // silent part; less than the whole period after silences were merged
  };
  struct Hour {
    HourlyScore score;                  // `average`: of probes while connected
    std::size_t scored = 0;             // of them
    std::chrono::nanoseconds silent{};  // within the hour
  };
  using Hours = std::array<Hour, 24>;

  /// Visits the kept probes in order.
  template <class Visitor>
  void for_each_probe(Visitor visit) const;
  [[nodiscard]] std::vector<double> kept_latencies() const;
  [[nodiscard]] double packet_loss_percent() const;
  [[nodiscard]] bool is_disconnected(Now now) const;
  [[nodiscard]] std::optional<double> quality(Now now) const;
  [[nodiscard]] std::string reason(Now now) const;
  [[nodiscard]] std::optional<double> mean_path_score(Now now, std::chrono::nanoseconds window) const;
  /// The peer's current silence; nothing while it is connected.
  [[nodiscard]] std::optional<Silence> silence(Now now) const;
  void hear(Now now);
  void keep_silence(const Silence& silence);
  void rescore(Now now, std::optional<double> latency_ms);
  static Hour& hour_at(Hours& hours, std::chrono::system_clock::time_point time);
  static void add_score(Hour& hour, std::optional<double> score);
  static void add_silence(Hours& hours, const Silence& silence);

  std::string id_;
  std::string name_;
  PeerTableOptions options_;
  Now added_;
  Now connected_;   // the current connection, or the last one
  Now last_heard_;  // or added
  bool was_heard_ = false;

  std::vector<Probe> probes_;  // a ring, once it is full
  std::size_t next_ = 0;
  std::size_t kept_answers_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t answered_ = 0;
  std::uint64_t limited_ = 0;
  bool is_last_limited_ = false;
  std::optional<double> last_latency_ms_;
  double jitter_ms_ = 0;
  InterarrivalJitter interarrival_;
  std::optional<double> told_loss_percent_;

  PeerTraffic traffic_;
  PeerBandwidth bandwidth_;
  std::optional<Now> traffic_time_;
  bool is_bandwidth_known_ = false;

  std::optional<double> quality_;
  bool is_back_ = false;  // returned after a silence, with traffic but no answer so far
  QualityTrend trend_ = QualityTrend::stable;
  PathScore path_;
  Hours hours_;
  std::vector<Silence> silences_;  // ended silences of the last five minutes, the oldest first
};

}  // namespace kymo::KYMO_ABI::peers
