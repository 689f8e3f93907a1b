#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <kymo/peers/quality.h>
#include <kymo/probe/probe_result.h>

namespace kymo::probe {

/// One way of a path. Only how its delay changes can be known, as the clocks at its ends are not the same.
struct WayReport {
  double jitter_ms = 0;  ///< interarrival jitter (RFC 3550 6.4.1) of this way alone
  /// How much slower than its fastest it was, which is what queues on it added. In long runs the drift of the
  /// two clocks is in it, some microseconds for each second.
  double rise_average_ms = 0;
  double rise_p95_ms = 0;
  double rise_max_ms = 0;
};

/// What a number of probes comes to. Times in milliseconds; those of round trips are there once one was
/// answered, and percentiles are by nearest rank.
struct PathReport {
  std::uint64_t sent = 0;  ///< of those that are over: answered and lost
  std::uint64_t answered = 0;
  std::uint64_t lost = 0;  ///< with the late
  std::uint64_t late = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t reordered = 0;
  double loss_percent = 0;
  std::optional<double> min, average, p50, p95, p99, max;
  double jitter_ms = 0;               ///< standard deviation, see peers::deviation_jitter()
  double interarrival_jitter_ms = 0;  ///< of round trips, see peers::InterarrivalJitter
  std::optional<WayReport> out;       ///< udp only, as `back`: since the responder last began
  std::optional<WayReport> back;
  std::optional<double> quality_score;  ///< of the average, see peers::quality_score(); 0 without an answer
  std::optional<double> r_factor;       ///< voice over this path, see peers::VoiceScore
  std::optional<double> mean_opinion_score;
};

/// Collects what becomes of one target's probes. Threads: one at a time.
class PathRecorder final {
 public:
  /// Percentiles and what is said of the ways are of the last `kept` answers, 24 bytes each.
  explicit PathRecorder(std::size_t kept = 100'000) : kept_(kept == 0 ? 1 : kept) {}

  void add(const ProbeResult& result);
  /// Cost: sorts what is kept.
  [[nodiscard]] PathReport report() const;

 private:
  struct Way {
    std::vector<double> delays_ms;  // by two clocks; a ring, once it is full
    peers::InterarrivalJitter jitter;
  };
  void add_ways(const OneWayTimes& ways);
  void keep(std::vector<double>& values, std::uint64_t number, double value) const;

  std::size_t kept_;
  PathReport totals_;
  std::vector<double> round_trips_ms_;  // a ring, once it is full
  peers::InterarrivalJitter jitter_;
  std::uint64_t responder_ = 0;
  std::uint64_t ways_seen_ = 0;
  Way out_;
  Way back_;
};

}  // namespace kymo::probe
