#include "host_text.h"

#include <arpa/inet.h>

#include <array>
#include <optional>

namespace kymo::KYMO_ABI::alert {
namespace {

struct HostPort {
  std::string_view host;
  std::string_view port;
};

/// Nothing for a text that net.SplitHostPort() refuses.
std::optional<HostPort> split(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  std::string_view bare = text;  // in which no bracket may stand any more
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos || end + 1 != colon) return std::nullopt;
    host = text.substr(1, end - 1);
    if (host.find('[') != std::string_view::npos) return std::nullopt;
    bare = text.substr(end + 1);
  } else if (host.find(':') != std::string_view::npos) {
    return std::nullopt;
  }
  if (bare.find_first_of("[]") != std::string_view::npos) return std::nullopt;
  return HostPort{host, text.substr(colon + 1)};
}

bool is_address(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 ||
         inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

}  // namespace

std::string without_port(std::string_view host_port) {
  const auto parts = split(host_port);
  return std::string(parts ? parts->host : host_port);
}

std::string without_domain(std::string_view host_port) {
  const auto parts = split(host_port);
  std::string host(parts ? parts->host : host_port);
  if (host.find('\0') == std::string::npos && is_address(host)) return std::string(host_port);
  host.resize(std::min(host.find('.'), host.size()));
  if (!parts || parts->port.empty()) return host;
  if (host.find(':') != std::string::npos) host = '[' + host + ']';
  return host + ':' + std::string(parts->port);
}

}  // namespace kymo::KYMO_ABI::alert
