#include "trusted_proxies.h"

#include <algorithm>
#include <optional>

#include <kymo/base/ascii.h>
#include <kymo/base/parse_number.h>

namespace kymo::KYMO_ABI::net {
namespace {

/// `192.0.2.7`, `192.0.2.7:4711`, `2001:db8::7`, `[2001:db8::7]` or `[2001:db8::7]:4711`.
std::optional<Peer> read_entry(std::string_view entry) {
  std::string_view host = entry;
  std::string_view port;
  const std::size_t colon = entry.rfind(':');
  if (entry.starts_with('[')) {
    const std::size_t end = entry.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    host = entry.substr(1, end - 1);
    port = entry.substr(end + 1);
    if (host.find(':') == std::string_view::npos) return std::nullopt;
  } else if (colon != std::string_view::npos && colon == entry.find(':')) {
    host = entry.substr(0, colon);
    port = entry.substr(colon);
  }
  const auto address = parse_ip_address(host);
  if (!address) return std::nullopt;
  if (port.empty()) return describe_peer(*address, 0);
  const auto number = base::parse_number<std::uint16_t>(port.substr(1));
  if (port.front() != ':' || !number) return std::nullopt;
  return describe_peer(*address, *number);
}

/// Takes the last element of a list; lists may have empty ones (RFC 9110 5.6.1.2).
std::string_view take_last(std::string_view& list) noexcept {
  const std::size_t comma = list.rfind(',');
  const std::size_t begin = comma == std::string_view::npos ? 0 : comma + 1;
  const std::string_view last = base::trim(list.substr(begin));
  list = list.substr(0, comma == std::string_view::npos ? 0 : comma);
  return last;
}

}  // namespace

bool TrustedProxies::trusts(const IpAddress& address) const noexcept {
  return std::ranges::any_of(networks_, [&](const Network& network) { return network.contains(address); });
}

Peer TrustedProxies::client_of(const Peer& proxy, std::string_view forwarded_for) const {
  Peer client = proxy;
  while (!forwarded_for.empty() && trusts(client.address)) {
    const std::string_view entry = take_last(forwarded_for);
    if (entry.empty()) continue;
    auto next = read_entry(entry);
    if (!next) break;
    client = std::move(*next);
  }
  return client;
}

}  // namespace kymo::KYMO_ABI::net
