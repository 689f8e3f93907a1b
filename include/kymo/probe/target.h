#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kymo::probe {

/// How a target is probed.
enum class ProbeKind : std::uint8_t {
  udp,        ///< an echo that an EchoResponder answers: tells most
  tcp,        ///< opening a connection, which is closed again
  icmp,       ///< an ICMP echo (RFC 792, RFC 4443), as ping sends it
  websocket,  ///< pings (RFC 6455 5.5.2) over one connection that is kept
};

/// What a probe is sent to.
struct Target {
  ProbeKind kind = ProbeKind::udp;
  std::string host;        ///< an address, IPv6 without brackets, or a name
  std::uint16_t port = 0;  ///< 0 for icmp
  std::string path;        ///< for websocket: "/ws", with its query; else empty

  /// Reads `udp://HOST[:PORT]`, `tcp://HOST:PORT`, `icmp://HOST`, `ws://HOST[:PORT][/PATH]`; an IPv6 address
  /// stands in brackets. Ports that may be left out: 9465 for udp, 80 for ws. Throws std::invalid_argument
  /// with a message that quotes the text and says what is expected. Threads: any.
  [[nodiscard]] static Target parse(std::string_view text);

  /// As parse() reads it, with the port.
  [[nodiscard]] std::string to_string() const;

  friend bool operator==(const Target&, const Target&) = default;
};

/// Where an EchoResponder listens by default, and where `udp://HOST` is probed.
inline constexpr std::uint16_t kEchoPort = 9465;

[[nodiscard]] std::string_view to_string(ProbeKind kind) noexcept;  ///< the scheme: "udp", …, "ws"

}  // namespace kymo::probe
