#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include <sys/socket.h>

namespace kymo::net {

/// A socket address ready for bind().
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;

  [[nodiscard]] const sockaddr* get() const noexcept { return reinterpret_cast<const sockaddr*>(&storage); }
};

/// An address written as digits, IPv4 or IPv6 without brackets, or `localhost`. Asks no name service.
[[nodiscard]] std::optional<SocketAddress> parse_address(std::string_view text, std::uint16_t port);

/// Asks the system's name services; may take as long as they do. The error says what they said.
[[nodiscard]] std::variant<SocketAddress, std::string> resolve_name(const std::string& name,
                                                                    std::uint16_t port);

/// Could be a host's name (RFC 1123 2.1), and is not an IPv4 address gone wrong.
[[nodiscard]] bool is_valid_name(std::string_view text) noexcept;

}  // namespace kymo::net
