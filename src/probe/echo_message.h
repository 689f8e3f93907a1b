#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::probe {

/// The fields take this; the rest of a datagram is padding of zeros.
inline constexpr std::size_t kEchoBytes = 56;
/// What an Ethernet frame takes without fragments (1500 - 20 - 8).
inline constexpr std::size_t kMaxEchoBytes = 1472;

/// `notice`: in place of an answer that a limit forbids.
enum class EchoType : std::uint8_t { request = 1, answer = 2, notice = 3 };

/// Why a responder did not answer.
enum class EchoLimit : std::uint8_t {
  none = 0,    ///< in a request and an answer
  source = 1,  ///< the limit on one address
  all = 2,     ///< the limit on all of them together
};

/// Which probes of a session had a notice in place of an answer: bit 0 of the first word is the notice's own
/// sequence number, bit N the one N before.
using RefusedProbes = std::array<std::uint64_t, 2>;
inline constexpr std::uint64_t kRefusedBits = 128;

/// One datagram of the echo protocol, docs/reference/probe.md. Clocks have any zero point.
struct EchoMessage {
  EchoType type = EchoType::request;
  std::uint64_t session = 0;          ///< drawn by the prober, so that only it and who answers know it
  std::uint64_t sequence = 0;         ///< of the probe
  std::uint64_t sent_ns = 0;          ///< prober's clock; an answer has that of its request
  std::uint64_t received_ns = 0;      ///< responder's clock; 0 in a request, as those below
  std::uint64_t answered_ns = 0;      ///< responder's clock
  std::uint64_t responder = 0;        ///< drawn by the responder when it starts
  EchoLimit limit = EchoLimit::none;  ///< of a notice, as `refused`, which has the place of the two times
  RefusedProbes refused{};

  friend bool operator==(const EchoMessage&, const EchoMessage&) = default;
};

/// Fills the whole datagram, of kEchoBytes at least, and of no more for a notice.
void write_echo(const EchoMessage& message, std::span<std::byte> datagram) noexcept;

/// Nothing for what is no message of this protocol to the last byte. Never reads beyond.
[[nodiscard]] std::optional<EchoMessage> read_echo(std::span<const std::byte> datagram) noexcept;

}  // namespace kymo::KYMO_ABI::probe
