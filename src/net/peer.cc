#include "peer.h"

#include <algorithm>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace kymo::net {
namespace {

constexpr std::uint8_t kV4 = 4;
constexpr std::uint8_t kV6 = 6;

Peer describe_v4(const in_addr& address, std::uint16_t port) {
  Peer peer;
  peer.key[0] = kV4;
  std::memcpy(peer.key.data() + 1, &address, sizeof address);
  std::array<char, INET_ADDRSTRLEN> text{};
  inet_ntop(AF_INET, &address, text.data(), text.size());
  peer.text = std::string(text.data()) + ":" + std::to_string(port);
  return peer;
}

Peer describe_v6(const in6_addr& address, std::uint16_t port) {
  if (IN6_IS_ADDR_V4MAPPED(&address)) {
    in_addr v4{};
    std::memcpy(&v4, address.s6_addr + 12, sizeof v4);
    return describe_v4(v4, port);
  }
  Peer peer;
  peer.key[0] = kV6;
  std::copy_n(address.s6_addr, 8, peer.key.begin() + 1);
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(AF_INET6, &address, text.data(), text.size());
  peer.text = "[" + std::string(text.data()) + "]:" + std::to_string(port);
  return peer;
}

}  // namespace

Peer describe_peer(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    return describe_v4(v4.sin_addr, ntohs(v4.sin_port));
  }
  if (address.ss_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof v6);
    return describe_v6(v6.sin6_addr, ntohs(v6.sin6_port));
  }
  return {};
}

}  // namespace kymo::net
