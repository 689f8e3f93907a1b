#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>

#include <kymo/base/ascii.h>
#include <kymo/base/parse_number.h>
#include <kymo/net/http_server.h>
#include <kymo/net/resolve.h>

namespace kymo::KYMO_ABI::net {
namespace {

[[noreturn]] void refuse(std::string_view text, std::string_view reason) {
  throw std::invalid_argument("\"" + std::string(text) +
                              "\" is no address to listen on: " + std::string(reason) +
                              "; write it as 127.0.0.1:9464, [::1]:9464 or localhost:9464");
}

std::uint16_t parse_port(std::string_view text, std::string_view port) {
  const auto value = base::parse_number<std::uint16_t>(port);
  if (!value) refuse(text, "the port is not a number from 0 to 65535");
  return *value;
}

}  // namespace

Endpoint Endpoint::parse(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) refuse(text, "it has no port");
  std::string_view address = text.substr(0, colon);
  const bool bracketed = address.size() > 2 && address.front() == '[' && address.back() == ']';
  if (bracketed) {
    address = address.substr(1, address.size() - 2);
  } else if (address.find(':') != std::string_view::npos) {
    refuse(text, "an IPv6 address stands in brackets");
  }
  if (address.empty()) refuse(text, "it has no address; every address of this machine is 0.0.0.0");
  const Endpoint endpoint{std::string(address), parse_port(text, text.substr(colon + 1))};
  const bool is_literal = is_address(address);
  if (const auto known = parse_address(address, 0);
      known && is_link_local(*known) && without_zone(address) == address)
    refuse(text, "a link-local address needs its interface, as [fe80::1%eth0]:9464");
  if (bracketed ? !is_literal || address.find(':') == std::string_view::npos
                : !is_literal && !is_valid_name(address)) {
    refuse(text, "it is neither an IP address nor a host's name");
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
