#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::probe {

/// Size of the fields; the rest of a datagram is padding of zeros.
inline constexpr std::size_t kEchoBytes = 56;
/// Limit of an Ethernet frame without fragments (1500 - 20 - 8).
inline constexpr std::size_t kMaxEchoBytes = 1472;

/// `notice`: replaces an answer that a limit forbids.
enum class EchoType : std::uint8_t { request = 1, answer = 2, notice = 3 };

/// The limit that refused an answer.
enum class EchoLimit : std::uint8_t {
  none = 0,    ///< in a request and an answer
  source = 1,  ///< the limit of one address
  all = 2,     ///< the limit of all addresses together
};

/// The probes of a session that a notice refused: bit 0 of the first word is the notice's own sequence
/// number, bit N the one N before.
using RefusedProbes = std::array<std::uint64_t, 2>;
inline constexpr std::uint64_t kRefusedBits = 128;

/// One datagram of the echo protocol, docs/reference/probe.md. Clocks have any zero point.
struct EchoMessage {
  EchoType type = EchoType::request;
  std::uint64_t session = 0;          ///< random, by the prober: only it and the responder know it
  std::uint64_t sequence = 0;         ///< of the probe
  std::uint64_t sent_ns = 0;          ///< prober's clock; an answer has that of its request
  std::uint64_t received_ns = 0;      ///< responder's clock; 0 in a request, as those below
  std::uint64_t answered_ns = 0;      ///< responder's clock
  std::uint64_t responder = 0;        ///< random, at the responder's start
  EchoLimit limit = EchoLimit::none;  ///< of a notice, like `refused`, which replaces the two times
  RefusedProbes refused{};

  friend bool operator==(const EchoMessage&, const EchoMessage&) = default;
};

/// Fills the whole datagram, of at least kEchoBytes, and of exactly that size for a notice.
void write_echo(const EchoMessage& message, std::span<std::byte> datagram) noexcept;

/// Nothing unless the whole datagram is a message of this protocol. Never reads beyond it.
[[nodiscard]] std::optional<EchoMessage> read_echo(std::span<const std::byte> datagram) noexcept;

}  // namespace kymo::KYMO_ABI::probe
