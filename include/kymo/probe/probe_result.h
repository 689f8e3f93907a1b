#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::probe {

/// What became of a probe.
enum class ProbeOutcome : std::uint8_t {
  answered,   ///< in time
  lost,       ///< no answer within the timeout; each probe is first answered, lost or limited, once
  late,       ///< an answer to a probe that was told as lost
  duplicate,  ///< another answer to a probe that has one
  limited,    ///< a limit forbids it: the responder's on answers, as it says, or this process' own on sockets
};

/// Each way by the two clocks at its ends, so each is off by how far these are apart, which is not known.
/// That is the same in all of one responder's, so that they tell how the ways change.
struct OneWayTimes {
  std::chrono::nanoseconds out{};   ///< there, plus how far the responder's clock is ahead
  std::chrono::nanoseconds back{};  ///< back, less the same
  std::uint64_t responder = 0;      ///< drawn anew when a responder starts, as its clock is
};

/// The steps of a probe by http, https or tls. Nothing: there was no such step, or it was not reached.
struct ProbePhases {
  std::optional<std::chrono::nanoseconds> resolve;  ///< of the host's name; nothing for an address
  std::optional<std::chrono::nanoseconds> connect;
  std::optional<std::chrono::nanoseconds> tls;         ///< the handshake
  std::optional<std::chrono::nanoseconds> first_byte;  ///< from the request to the first byte of the answer
};

/// Details of a probe by http, https, tls or dns besides its time.
struct ProbeDetails {
  ProbePhases phases;
  std::optional<unsigned> http_status;
  std::optional<unsigned> dns_code;     ///< RCODE, see dns_code_name()
  std::optional<unsigned> dns_answers;  ///< records in the answer section
  bool is_truncated = false;            ///< of dns: there is more than UDP took
  std::optional<std::chrono::system_clock::time_point> certificate_end;  ///< of the server's own
  std::string certificate_trouble;  ///< why it is not to be trusted; empty: it is, or there is none
};

/// `NOERROR`, `NXDOMAIN`, …, `RCODE11` (RFC 6895 2.3). Threads: any.
[[nodiscard]] KYMO_API std::string dns_code_name(unsigned code);

/// Until a certificate ends; negative where it has. Rounded down. Threads: any.
[[nodiscard]] KYMO_API int days_until(std::chrono::system_clock::time_point end,
                                      std::chrono::system_clock::time_point now) noexcept;

/// One thing that happened to one probe. Views are valid during the call.
struct ProbeResult {
  std::string_view id;         ///< the target's
  std::uint64_t sequence = 0;  ///< of the probe, from 1 on
  ProbeOutcome outcome = ProbeOutcome::answered;
  std::chrono::system_clock::time_point sent{};  ///< when the probe went out
  /// Of all but the lost and the limited; without the time that the answer spent in an EchoResponder. By
  /// http, https and tls all steps together.
  std::chrono::nanoseconds round_trip{};
  bool reordered = false;           ///< the answer to a later probe came before (RFC 4737)
  std::optional<OneWayTimes> ways;  ///< udp only
  std::string_view reason;  ///< of a loss: what was heard besides silence, often empty; of a limit: which
  const ProbeDetails* details = nullptr;  ///< by http, https, tls and dns
};

/// How many probes became what. `sent` is the sum of `answered`, `lost`, `limited` and
/// those that are under way.
struct ProbeCounts {
  std::uint64_t sent = 0;
  std::uint64_t answered = 0;
  std::uint64_t lost = 0;        ///< with the late
  std::uint64_t limited = 0;     ///< left without an answer by a limit, the responder's or this process' own
  std::uint64_t late = 0;        ///< of the lost
  std::uint64_t duplicates = 0;  ///< answers
  std::uint64_t reordered = 0;   ///< of the answered and the late
  std::uint64_t strays = 0;      ///< answers to probes of too long ago, or to none of ours

  friend bool operator==(const ProbeCounts&, const ProbeCounts&) = default;
};

}  // namespace kymo::KYMO_ABI::probe
