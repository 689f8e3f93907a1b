#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include <kymo/probe/path_report.h>
#include <kymo/probe/probe_result.h>

namespace kymo::KYMO_ABI::cli {

/// A target's name and URL; equal for a target without a name.
struct ProbeLabel {
  std::string name;
  std::string url;
};

/// An event of a probe to show. One-way times are relative to the first answer.
struct ProbeLine {
  ProbeLabel target;
  std::chrono::system_clock::time_point sent;
  std::uint64_t sequence = 0;
  probe::ProbeOutcome outcome = probe::ProbeOutcome::answered;
  double round_trip_ms = 0;
  bool reordered = false;
  std::optional<double> out_change_ms;
  std::optional<double> back_change_ms;
  std::string reason;
  std::optional<probe::ProbeDetails> details;
};

/// For people, with the local time of sending:
/// `14:03:07.120  4  udp://192.0.2.7:9465  1.204 ms  out +0.010 ms  back -0.003 ms`.
[[nodiscard]] std::string probe_text(const ProbeLine& line, std::chrono::milliseconds timeout);
/// Summary of one second of one target, for fast probes.
[[nodiscard]] std::string second_text(const ProbeLabel& target, std::uint64_t second,
                                      const probe::PathReport& report);
/// Summary of one target, several lines.
[[nodiscard]] std::string summary_text(const ProbeLabel& target, const probe::PathReport& report);

/// For programs: one JSON object on a line.
[[nodiscard]] std::string probe_json(const ProbeLine& line);
[[nodiscard]] std::string summary_json(const ProbeLabel& target, const probe::PathReport& report);

}  // namespace kymo::KYMO_ABI::cli
