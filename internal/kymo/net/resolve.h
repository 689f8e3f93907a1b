#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include <sys/socket.h>

#include <kymo/version.h>

struct addrinfo;

namespace kymo::KYMO_ABI::net {

/// A socket address ready for bind().
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;

  [[nodiscard]] const sockaddr* get() const noexcept { return reinterpret_cast<const sockaddr*>(&storage); }
};

/// An address written as digits, IPv4 or IPv6 without brackets, or `localhost`. A link-local IPv6 address may
/// have a zone (RFC 4007 11): `fe80::1%eth0`, or the interface's number; nothing where this machine has no
/// such interface now. Asks no name service.
[[nodiscard]] std::optional<SocketAddress> parse_address(std::string_view text, std::uint16_t port);

/// Whether parse_address() would take it on a machine that has the interface of its zone.
[[nodiscard]] bool is_address(std::string_view text);

/// Without its zone, if it has one.
[[nodiscard]] std::string_view without_zone(std::string_view address) noexcept;

/// `fe80::1%25eth0`, as a URL has it (RFC 6874, 2), is `fe80::1%eth0`. A number behind the `%` is that of an
/// interface.
[[nodiscard]] std::string decoded_zone(std::string address);

/// Is of fe80::/10, so that only its zone says where it leads.
[[nodiscard]] bool is_link_local(const SocketAddress& address) noexcept;

/// Asks the system's name services; may take as long as they do. The error says what they said. `preferred`:
/// taken where it is among the addresses, whose order many name servers change each time; null: the first.
[[nodiscard]] std::variant<SocketAddress, std::string> resolve_name(const std::string& name,
                                                                    std::uint16_t port,
                                                                    const SocketAddress* preferred = nullptr);

/// Of a list that is not empty: `preferred` where it is there, otherwise the first. With the port.
[[nodiscard]] SocketAddress choose_address(const addrinfo& list, std::uint16_t port,
                                           const SocketAddress* preferred) noexcept;

[[nodiscard]] bool operator==(const SocketAddress& a, const SocketAddress& b) noexcept;

/// Could be a host's name (RFC 1123 2.1), and is not an IPv4 address gone wrong.
[[nodiscard]] bool is_valid_name(std::string_view text) noexcept;

}  // namespace kymo::KYMO_ABI::net
