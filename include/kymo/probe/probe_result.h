#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace kymo::probe {

/// What became of a probe.
enum class ProbeOutcome : std::uint8_t {
  answered,   ///< in time
  lost,       ///< no answer within the timeout; each probe is first either answered or lost, once
  late,       ///< an answer to a probe that was told as lost
  duplicate,  ///< another answer to a probe that has one
};

/// Each way by the two clocks at its ends, so each is off by how far these are apart, which is not known.
/// That is the same in all of one responder's, so that they tell how the ways change.
struct OneWayTimes {
  std::chrono::nanoseconds out{};   ///< there, plus how far the responder's clock is ahead
  std::chrono::nanoseconds back{};  ///< back, less the same
  std::uint64_t responder = 0;      ///< drawn anew when a responder starts, as its clock is
};

/// One thing that happened to one probe. Views are valid during the call.
struct ProbeResult {
  std::string_view id;         ///< the target's
  std::uint64_t sequence = 0;  ///< of the probe, from 1 on
  ProbeOutcome outcome = ProbeOutcome::answered;
  /// Of all but the lost; without the time that the answer spent in an EchoResponder.
  std::chrono::nanoseconds round_trip{};
  bool reordered = false;           ///< the answer to a later probe came before (RFC 4737)
  std::optional<OneWayTimes> ways;  ///< udp only
  std::string_view reason;          ///< of a loss: what was heard besides silence, often empty
};

/// How many probes became what. `sent` is the sum of `answered`, `lost` and those that are under way.
struct ProbeCounts {
  std::uint64_t sent = 0;
  std::uint64_t answered = 0;
  std::uint64_t lost = 0;        ///< with the late
  std::uint64_t late = 0;        ///< of the lost
  std::uint64_t duplicates = 0;  ///< answers
  std::uint64_t reordered = 0;   ///< of the answered and the late
  std::uint64_t strays = 0;      ///< answers to probes of too long ago, or to none of ours

  friend bool operator==(const ProbeCounts&, const ProbeCounts&) = default;
};

}  // namespace kymo::probe
