#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::net {

/// An IP address, 16 bytes in network order. An IPv4 address is stored as `::ffff:a.b.c.d` (RFC 4291
/// 2.5.5.2), so an address has one form on any system.
using IpAddress = std::array<std::uint8_t, 16>;

/// Reads `192.0.2.7`, `2001:db8::7` or `::ffff:192.0.2.7`, without brackets, port and zone; nothing for any
/// other text. Threads: any.
[[nodiscard]] KYMO_API std::optional<IpAddress> parse_ip_address(std::string_view text) noexcept;

/// Addresses that begin with the same bits: `10.0.0.0/8`, `2001:db8::/32`, or one address (RFC 4632).
class KYMO_API Network final {
 public:
  /// Throws std::invalid_argument with a message that quotes the text and shows the expected form. Bits
  /// behind the prefix are an error too.
  static Network parse(std::string_view text);

  /// An IPv6 network contains no IPv4 address, not even `::/0` does.
  [[nodiscard]] bool contains(const IpAddress& address) const noexcept;

  friend bool operator==(const Network&, const Network&) = default;

 private:
  Network(const IpAddress& address, int bits) noexcept : address_(address), bits_(bits) {}

  IpAddress address_;
  int bits_;  ///< of the 128
};

}  // namespace kymo::KYMO_ABI::net
