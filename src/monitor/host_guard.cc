#include "host_guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <utility>

#include <kymo/base/ascii.h>
#include <kymo/net/json_error.h>

namespace kymo::KYMO_ABI::monitor {
namespace {

/// `name:port` and `[v6]:port` without the port; any other text unchanged.
std::string without_port(const std::string& host) {
  const std::size_t bracket = host.rfind(']');
  const std::size_t colon = host.rfind(':');
  if (colon == std::string::npos || (bracket != std::string::npos && colon < bracket)) return host;
  if (host.find_first_not_of("0123456789", colon + 1) != std::string::npos) return host;
  return host.substr(0, colon);
}

bool is_address(const std::string& name) {
  in_addr v4{};
  if (::inet_pton(AF_INET, name.c_str(), &v4) == 1) return true;
  in6_addr v6{};
  const bool bracketed = name.size() > 2 && name.front() == '[' && name.back() == ']';
  return bracketed && ::inet_pton(AF_INET6, name.substr(1, name.size() - 2).c_str(), &v6) == 1;
}

std::string machine_name() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? base::lower(name.data()) : std::string();
}

}  // namespace

HostGuard::HostGuard(std::vector<std::string> allowed, const net::Endpoint& listen)
    : allowed_(std::move(allowed)) {
  allowed_.emplace_back("localhost");
  allowed_.push_back(machine_name());
  allowed_.push_back(listen.address);
  for (std::string& name : allowed_) name = base::lower(name);
}

bool HostGuard::allows(std::string_view host) const {
  const std::string given = base::lower(host);
  std::string name = without_port(given);
  if (name.ends_with('.')) name.pop_back();  // a fully qualified name
  if (name.empty() || is_address(name)) return true;
  return std::any_of(allowed_.begin(), allowed_.end(), [&](const std::string& allowed) {
    return allowed == "*" || allowed == name || allowed == given;
  });
}

net::HttpResponse HostGuard::refusal(std::string_view host) {
  return net::json_error(
      421, "this server refuses the Host name \"" + std::string(host.substr(0, 253)) + "\"",
      "use its address, or add the name to the setting web.allowed_hosts (KYMO_WEB_ALLOWED_HOSTS)");
}

}  // namespace kymo::KYMO_ABI::monitor
