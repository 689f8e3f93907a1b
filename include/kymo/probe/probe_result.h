#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::probe {

/// The outcome of a probe.
enum class ProbeOutcome : std::uint8_t {
  answered,   ///< in time
  lost,       ///< no answer within the timeout; each probe is first answered, lost or limited, once
  late,       ///< an answer to a probe already counted as lost
  duplicate,  ///< another answer to an answered probe
  limited,    ///< refused by a limit: the responder's rate limit, or this process' limit of sockets
};

/// Each direction by the two clocks at its ends, so each is off by the unknown difference of these. The
/// difference is constant for one responder, so changes of a direction are exact.
struct OneWayTimes {
  std::chrono::nanoseconds out{};   ///< forward delay, plus the lead of the responder's clock
  std::chrono::nanoseconds back{};  ///< return delay, less the same lead
  std::uint64_t responder = 0;      ///< random for each start of a responder, because its clock may differ
};

/// The steps of a probe by http, https or tls. Empty: there was no such step, or it was not reached.
struct ProbePhases {
  std::optional<std::chrono::nanoseconds> resolve;  ///< of the host's name; empty for an address
  std::optional<std::chrono::nanoseconds> connect;
  std::optional<std::chrono::nanoseconds> tls;         ///< the handshake
  std::optional<std::chrono::nanoseconds> first_byte;  ///< from the request to the response's first byte
};

/// Details of a probe by http, https, tls or dns besides its time.
struct ProbeDetails {
  ProbePhases phases;
  std::optional<unsigned> http_status;
  std::optional<unsigned> dns_code;     ///< RCODE, see dns_code_name()
  std::optional<unsigned> dns_answers;  ///< records in the answer section
  bool is_truncated = false;            ///< dns: the answer was too long for UDP
  std::optional<std::chrono::system_clock::time_point> certificate_end;  ///< of the server's own
  std::string certificate_trouble;  ///< why the certificate is untrusted; empty: trusted, or none
};

/// `NOERROR`, `NXDOMAIN`, …, `RCODE11` (RFC 6895 2.3). Threads: any.
[[nodiscard]] KYMO_API std::string dns_code_name(unsigned code);

/// Days until a certificate ends; negative after its end. Rounded down. Threads: any.
[[nodiscard]] KYMO_API int days_until(std::chrono::system_clock::time_point end,
                                      std::chrono::system_clock::time_point now) noexcept;

/// One event of one probe. Views are valid during the call.
struct ProbeResult {
  std::string_view id;         ///< the target's
  std::uint64_t sequence = 0;  ///< of the probe, from 1 on
  ProbeOutcome outcome = ProbeOutcome::answered;
  std::chrono::system_clock::time_point sent{};  ///< when the probe went out
  /// For all but lost and limited probes; without the time spent in an EchoResponder. For http, https and tls
  /// the sum of all steps.
  std::chrono::nanoseconds round_trip{};
  bool reordered = false;           ///< a later probe's answer arrived before this one (RFC 4737)
  std::optional<OneWayTimes> ways;  ///< udp only
  std::string_view reason;          ///< of a loss: an error received, often empty; of a limit: which one
  const ProbeDetails* details = nullptr;  ///< by http, https, tls and dns
};

/// Number of probes by outcome. `sent` is the sum of `answered`, `lost`, `limited` and probes in
/// flight.
struct ProbeCounts {
  std::uint64_t sent = 0;
  std::uint64_t answered = 0;
  std::uint64_t lost = 0;        ///< includes the late ones
  std::uint64_t limited = 0;     ///< unanswered because of a limit of the responder or of this process
  std::uint64_t late = 0;        ///< part of the lost
  std::uint64_t duplicates = 0;  ///< answers
  std::uint64_t reordered = 0;   ///< part of the answered and the late
  std::uint64_t strays = 0;      ///< answers to very old probes, or to unknown ones

  friend bool operator==(const ProbeCounts&, const ProbeCounts&) = default;
};

}  // namespace kymo::KYMO_ABI::probe
