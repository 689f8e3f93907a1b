#include <kymo/net/resolve.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include <arpa/inet.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>

#include <kymo/base/ascii.h>
#include <kymo/base/parse_number.h>

namespace kymo::KYMO_ABI::net {
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
                     [](char c) { return base::is_alphanumeric(c) || c == '-' || c == '_'; });
}

void set_port(SocketAddress& address, std::uint16_t port) noexcept {
  if (address.storage.ss_family == AF_INET6) {
    reinterpret_cast<sockaddr_in6&>(address.storage).sin6_port = htons(port);
  } else {
    reinterpret_cast<sockaddr_in&>(address.storage).sin_port = htons(port);
  }
}

/// The part of an address after the `%`: a Linux interface name, or a number.
bool is_valid_zone(std::string_view zone) noexcept {
  return !zone.empty() && zone.size() < IF_NAMESIZE &&
         std::all_of(
             zone.begin(), zone.end(),
             [](char c) { return c > ' ' && c <= '~' && c != '/' && c != '%' && c != '[' && c != ']'; });
}

/// The interface's number, or 0.
std::uint32_t find_interface(std::string_view zone) {
  if (const auto number = base::parse_number<std::uint32_t>(zone)) return *number;
  return if_nametoindex(std::string(zone).c_str());
}

bool has_zones(const in6_addr& address) noexcept {
  return IN6_IS_ADDR_LINKLOCAL(&address) || IN6_IS_ADDR_MC_LINKLOCAL(&address);
}

/// The address of a text such as `fe80::1%eth0`, without its port and scope.
std::optional<in6_addr> parse_zoned(std::string_view text) {
  const std::size_t percent = text.find('%');
  if (percent == std::string_view::npos || !is_valid_zone(text.substr(percent + 1))) return std::nullopt;
  in6_addr address{};
  if (inet_pton(AF_INET6, std::string(text.substr(0, percent)).c_str(), &address) != 1) return std::nullopt;
  return has_zones(address) ? std::optional(address) : std::nullopt;
}

}  // namespace

std::string_view without_zone(std::string_view address) noexcept {
  return address.substr(0, address.find('%'));
}

std::string decoded_zone(std::string address) {
  const std::size_t percent = address.find('%');
  if (percent == std::string::npos || address.compare(percent, 3, "%25") != 0) return address;
  const bool is_number = address.find_first_not_of("0123456789", percent + 1) == std::string::npos;
  return is_number ? address : address.erase(percent + 1, 2);
}

bool is_address(std::string_view text) {
  return parse_zoned(text).has_value() || parse_address(text, 0).has_value();
}

bool is_link_local(const SocketAddress& address) noexcept {
  return address.storage.ss_family == AF_INET6 &&
         IN6_IS_ADDR_LINKLOCAL(&reinterpret_cast<const sockaddr_in6&>(address.storage).sin6_addr);
}

std::optional<SocketAddress> parse_address(std::string_view text, std::uint16_t port) {
  const std::string address(base::equals_ignoring_case(text, "localhost") ? "127.0.0.1" : text);
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
  if (const auto zoned = parse_zoned(text)) {
    v6 = {};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    v6.sin6_addr = *zoned;
    v6.sin6_scope_id = find_interface(text.substr(text.find('%') + 1));
    return v6.sin6_scope_id == 0 ? std::nullopt : std::optional(pack(v6));
  }
  return std::nullopt;
}

bool operator==(const SocketAddress& a, const SocketAddress& b) noexcept {
  return a.length == b.length && std::memcmp(&a.storage, &b.storage, a.length) == 0;
}

SocketAddress choose_address(const addrinfo& list, std::uint16_t port,
                             const SocketAddress* preferred) noexcept {
  std::optional<SocketAddress> first;
  for (const addrinfo* one = &list; one != nullptr; one = one->ai_next) {
    SocketAddress address;
    std::memcpy(&address.storage, one->ai_addr, one->ai_addrlen);
    address.length = one->ai_addrlen;
    set_port(address, port);
    if (preferred == nullptr || address == *preferred) return address;
    if (!first) first = address;
  }
  return *first;
}

std::variant<SocketAddress, std::string> resolve_name(const std::string& name, std::uint16_t port,
                                                      const SocketAddress* preferred) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(name.c_str(), nullptr, &hints, &found);
  if (error != 0) return std::string(gai_strerror(error));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
  return choose_address(*found, port, preferred);
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
  // "300.1.1.1": no name ends in a number, so this is a malformed address.
  return !std::all_of(last.begin(), last.end(), base::is_digit);
}

}  // namespace kymo::KYMO_ABI::net
