#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::probe {

/// The protocol of a probe.
enum class ProbeKind : std::uint8_t {
  udp,        ///< an echo that an EchoResponder answers: gives the most figures
  tcp,        ///< opening a connection, which is then closed
  icmp,       ///< an ICMP echo (RFC 792, RFC 4443), as ping sends it
  websocket,  ///< pings (RFC 6455 5.5.2) over one kept connection
  http,       ///< a GET, up to the end of its response or the first MiB of it
  https,      ///< the same over TLS
  tls,        ///< a connection and a TLS handshake
  dns,        ///< a query over UDP (RFC 1035)
};

/// The destination of a probe.
struct KYMO_API Target {
  ProbeKind kind = ProbeKind::udp;
  std::string host;        ///< an address, IPv6 without brackets, `fe80::1%eth0` with its zone; or a name
  std::uint16_t port = 0;  ///< 0 for icmp
  /// For websocket, http and https: "/ws", with its query. For dns: "/example.org?type=AAAA". Else empty.
  std::string path;

  /// Reads `udp://HOST[:PORT]`, `tcp://HOST:PORT`, `icmp://HOST`, `ws://HOST[:PORT][/PATH]`,
  /// `http://HOST[:PORT][/PATH]`, `https://` the same, `tls://HOST[:PORT]` and
  /// `dns://SERVER[:PORT]/NAME[?type=TYPE]`. An IPv6 address stands in brackets; a link-local one has its
  /// zone there, `[fe80::1%eth0]`, or `%25eth0` as in RFC 6874. Default ports: 9465 for udp, 80 for ws and
  /// http, 443 for https and tls, 53 for dns. Throws std::invalid_argument with a message that quotes the
  /// text and shows the expected form. Threads: any.
  [[nodiscard]] static Target parse(std::string_view text);

  /// The form that parse() reads, with the port.
  [[nodiscard]] std::string to_string() const;

  friend bool operator==(const Target&, const Target&) = default;
};

/// Default port of an EchoResponder, and of `udp://HOST`.
inline constexpr std::uint16_t kEchoPort = 9465;

[[nodiscard]] KYMO_API std::string_view to_string(ProbeKind kind) noexcept;  ///< the scheme: "udp", …, "ws"

}  // namespace kymo::KYMO_ABI::probe
