#include "peer.h"

#include <algorithm>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace kymo::KYMO_ABI::net {
namespace {

constexpr std::uint8_t kV4 = 4;
constexpr std::uint8_t kV6 = 6;
constexpr std::size_t kMappedBytes = 12;  // before an IPv4 address in its IPv6 form

IpAddress mapped(const in_addr& v4) noexcept {
  IpAddress address{};
  address[10] = address[11] = 0xff;
  std::memcpy(address.data() + kMappedBytes, &v4, sizeof v4);
  return address;
}

Peer describe_v4(const IpAddress& address, std::uint16_t port) {
  Peer peer;
  peer.address = address;
  peer.key[0] = kV4;
  std::copy_n(address.begin() + kMappedBytes, sizeof(in_addr), peer.key.begin() + 1);
  std::array<char, INET_ADDRSTRLEN> text{};
  inet_ntop(AF_INET, address.data() + kMappedBytes, text.data(), text.size());
  peer.text = std::string(text.data()) + ":" + std::to_string(port);
  return peer;
}

Peer describe_v6(const IpAddress& address, std::uint16_t port) {
  Peer peer;
  peer.address = address;
  peer.key[0] = kV6;
  std::copy_n(address.begin(), 8, peer.key.begin() + 1);
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(AF_INET6, address.data(), text.data(), text.size());
  peer.text = "[" + std::string(text.data()) + "]:" + std::to_string(port);
  return peer;
}

}  // namespace

Peer describe_peer(const IpAddress& address, std::uint16_t port) {
  in6_addr v6{};
  std::memcpy(&v6, address.data(), sizeof v6);
  return IN6_IS_ADDR_V4MAPPED(&v6) ? describe_v4(address, port) : describe_v6(address, port);
}

Peer describe_peer(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    return describe_peer(mapped(v4.sin_addr), ntohs(v4.sin_port));
  }
  if (address.ss_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof v6);
    IpAddress bytes{};
    std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
    return describe_peer(bytes, ntohs(v6.sin6_port));
  }
  return {};
}

}  // namespace kymo::KYMO_ABI::net
