#include <kymo/net/resolve.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <mutex>
#include <stdexcept>

#include <arpa/inet.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>

#include <kymo/base/ascii.h>
#include <kymo/base/parse_number.h>
#include <kymo/base/thread.h>
#include <kymo/net/http_server.h>

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

[[noreturn]] void refuse_endpoint(std::string_view text, std::string_view reason) {
  throw std::invalid_argument("\"" + std::string(text) +
                              "\" is no address to listen on: " + std::string(reason) +
                              "; write it as 127.0.0.1:9464, [::1]:9464 or localhost:9464");
}

std::uint16_t parse_port(std::string_view text, std::string_view port) {
  const auto value = base::parse_number<std::uint16_t>(port);
  if (!value) refuse_endpoint(text, "the port is not a number from 0 to 65535");
  return *value;
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

struct NameResolution::State {
  std::mutex mutex;
  std::optional<Result> result;
  std::chrono::nanoseconds took{};
};

NameResolution::NameResolution(const std::string& name, std::uint16_t port,
                               const std::optional<SocketAddress>& preferred)
    : state_(std::make_shared<State>()) {
  base::start_thread("kymo-net-name", [state = state_, name, port, preferred] {
    const auto begin = std::chrono::steady_clock::now();
    Result result = resolve_name(name, port, preferred ? &*preferred : nullptr);
    const std::lock_guard lock(state->mutex);
    state->took = std::chrono::steady_clock::now() - begin;
    state->result = std::move(result);
  }).detach();
}

std::chrono::nanoseconds NameResolution::took() const {
  const std::lock_guard lock(state_->mutex);
  return state_->took;
}

std::optional<NameResolution::Result> NameResolution::result() const {
  const std::lock_guard lock(state_->mutex);
  return state_->result;
}

Endpoint Endpoint::parse(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) refuse_endpoint(text, "it has no port");
  std::string_view address = text.substr(0, colon);
  const bool bracketed = address.size() > 2 && address.front() == '[' && address.back() == ']';
  if (bracketed) {
    address = address.substr(1, address.size() - 2);
  } else if (address.find(':') != std::string_view::npos) {
    refuse_endpoint(text, "an IPv6 address stands in brackets");
  }
  if (address.empty()) refuse_endpoint(text, "it has no address; every address of this machine is 0.0.0.0");
  const Endpoint endpoint{std::string(address), parse_port(text, text.substr(colon + 1))};
  const bool is_literal = is_address(address);
  if (const auto known = parse_address(address, 0);
      known && is_link_local(*known) && without_zone(address) == address)
    refuse_endpoint(text, "a link-local address needs its interface, as [fe80::1%eth0]:9464");
  if (bracketed ? !is_literal || address.find(':') == std::string_view::npos
                : !is_literal && !is_valid_name(address)) {
    refuse_endpoint(text, "it is neither an IP address nor a host's name");
  }
  return endpoint;
}

std::string Endpoint::to_string() const {
  const bool is_v6 = address.find(':') != std::string::npos;
  return (is_v6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
}

bool Endpoint::is_loopback() const noexcept {
  if (base::equals_ignoring_case(address, "localhost")) return true;
  in_addr v4{};
  if (inet_pton(AF_INET, address.c_str(), &v4) == 1) return ntohl(v4.s_addr) >> 24U == 127U;
  in6_addr v6{};
  if (inet_pton(AF_INET6, address.c_str(), &v6) != 1) return false;
  return IN6_IS_ADDR_LOOPBACK(&v6) || (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127);
}

}  // namespace kymo::KYMO_ABI::net
