#pragma once

#include <array>
#include <cstdint>
#include <string>

#include <sys/socket.h>

#include <kymo/net/network.h>

namespace kymo::KYMO_ABI::net {

/// The unit of `connections_per_address`: an IPv4 address, or the /64 of an IPv6 one, since a single host
/// owns a whole /64.
using AddressKey = std::array<std::uint8_t, 9>;

/// The other end of a connection, or the client behind a proxy.
struct Peer {
  AddressKey key{};
  std::string text;  ///< "127.0.0.1:41234", "[::1]:41234"; port 0 if unknown
  IpAddress address{};
};

[[nodiscard]] Peer describe_peer(const sockaddr_storage& address);
[[nodiscard]] Peer describe_peer(const IpAddress& address, std::uint16_t port);

}  // namespace kymo::KYMO_ABI::net
