#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <kymo/peers/quality.h>
#include <kymo/probe/probe_result.h>

namespace kymo::KYMO_ABI::probe {

/// One direction of a path. Only changes of its delay are known, because the clocks at its ends differ.
struct WayReport {
  double jitter_ms = 0;  ///< interarrival jitter (RFC 3550 6.4.1) of this way alone
  /// The mean delay above the fastest one, caused by queues. In long runs the drift of the two clocks adds
  /// some microseconds for each second.
  double rise_average_ms = 0;
  double rise_p95_ms = 0;
  double rise_max_ms = 0;
};

/// The mean steps of answered probes by http, https or tls. Empty: there was no such step.
struct PhaseReport {
  std::optional<double> resolve_ms, connect_ms, tls_ms, first_byte_ms;
  std::map<unsigned, std::uint64_t> statuses;                            ///< number of answers by HTTP status
  std::optional<std::chrono::system_clock::time_point> certificate_end;  ///< of the last answer, as below
  std::string certificate_trouble;
};

/// Summary of probes. Times in milliseconds. Those of round trips exist after the first answer; percentiles
/// are by nearest rank.
struct PathReport {
  std::uint64_t sent = 0;  ///< finished probes: answered, lost and limited
  std::uint64_t answered = 0;
  std::uint64_t lost = 0;  ///< includes the late ones
  std::uint64_t late = 0;
  std::uint64_t limited = 0;  ///< unanswered because of a rate limit: no losses of the path
  std::uint64_t duplicates = 0;
  std::uint64_t reordered = 0;
  double loss_percent = 0;  ///< lost over answered and lost
  std::optional<double> min, average, p50, p95, p99, max;
  double jitter_ms = 0;               ///< standard deviation, see peers::deviation_jitter()
  double interarrival_jitter_ms = 0;  ///< of round trips, see peers::InterarrivalJitter
  std::optional<WayReport> out;       ///< udp only, like `back`: since the responder's last start
  std::optional<WayReport> back;
  std::optional<PhaseReport> phases;  ///< by http, https and tls
  /// Of the average, see peers::quality_score(); 0 without an answer. Empty by http, https and tls, since
  /// their time has several round trips and the server's work; also empty if all probes were limited.
  std::optional<double> quality_score;
  std::string quality_reason;      ///< reason for a low score, see peers::quality_reason(); empty: high
  std::optional<double> r_factor;  ///< voice over this path, see peers::VoiceScore
  std::optional<double> mean_opinion_score;
};

/// Collects the results of one target's probes. Threads: one at a time.
class KYMO_API PathRecorder final {
 public:
  /// Percentiles and both directions are of the last `kept` answers, 24 bytes each.
  explicit PathRecorder(std::size_t kept = 100'000) : kept_(kept == 0 ? 1 : kept) {}

  void add(const ProbeResult& result);
  /// Cost: sorts the kept answers.
  [[nodiscard]] PathReport report() const;

 private:
  struct Way {
    std::vector<double> delays_ms;  // by two clocks; a ring, once it is full
    peers::InterarrivalJitter jitter;
  };
  struct PhaseSum {
    double milliseconds = 0;
    std::uint64_t count = 0;
    void add(const std::optional<std::chrono::nanoseconds>& time) noexcept;
    [[nodiscard]] std::optional<double> average() const noexcept;
  };
  void add_ways(const OneWayTimes& ways);
  void add_details(const ProbeDetails& details);
  void keep(std::vector<double>& values, std::uint64_t number, double value) const;

  std::size_t kept_;
  PathReport totals_;
  std::vector<double> round_trips_ms_;  // a ring, once it is full
  peers::InterarrivalJitter jitter_;
  std::uint64_t responder_ = 0;
  std::uint64_t ways_seen_ = 0;
  Way out_;
  Way back_;
  PhaseSum resolve_;
  PhaseSum connect_;
  PhaseSum tls_;
  PhaseSum first_byte_;
};

}  // namespace kymo::KYMO_ABI::probe
