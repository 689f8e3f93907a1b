#include "resolve.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

#include "ascii.h"

namespace kymo::net {
namespace {

constexpr std::size_t kLongestName = 253;
constexpr std::size_t kLongestLabel = 63;

template <class Address>
SocketAddress pack(const Address& address) noexcept {
  SocketAddress packed;
  std::memcpy(&packed.storage, &address, sizeof address);
  packed.length = sizeof address;
  return packed;
}

bool is_valid_label(std::string_view label) noexcept {
  return !label.empty() && label.size() <= kLongestLabel && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(),
                     [](char c) { return is_alphanumeric(c) || c == '-' || c == '_'; });
}

void set_port(SocketAddress& address, std::uint16_t port) noexcept {
  if (address.storage.ss_family == AF_INET6) {
    reinterpret_cast<sockaddr_in6&>(address.storage).sin6_port = htons(port);
  } else {
    reinterpret_cast<sockaddr_in&>(address.storage).sin_port = htons(port);
  }
}

}  // namespace

std::optional<SocketAddress> parse_address(std::string_view text, std::uint16_t port) {
  const std::string address(equals_ignoring_case(text, "localhost") ? "127.0.0.1" : text);
  sockaddr_in v4{};
  if (inet_pton(AF_INET, address.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    return pack(v4);
  }
  sockaddr_in6 v6{};
  if (inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    return pack(v6);
  }
  return std::nullopt;
}

std::variant<SocketAddress, std::string> resolve_name(const std::string& name, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(name.c_str(), nullptr, &hints, &found);
  if (error != 0) return std::string(gai_strerror(error));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
  SocketAddress address;
  std::memcpy(&address.storage, found->ai_addr, found->ai_addrlen);
  address.length = found->ai_addrlen;
  set_port(address, port);
  return address;
}

bool is_valid_name(std::string_view text) noexcept {
  if (text.empty() || text.size() > kLongestName) return false;
  std::string_view last;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t dot = std::min(rest.find('.'), rest.size());
    last = rest.substr(0, dot);
    if (!is_valid_label(last)) return false;
    rest.remove_prefix(std::min(dot + 1, rest.size()));
  }
  // "300.1.1.1": no name ends in a number, so it was meant as an address.
  return !std::all_of(last.begin(), last.end(), is_digit);
}

}  // namespace kymo::net
