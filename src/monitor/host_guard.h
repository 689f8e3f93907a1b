#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <kymo/net/http_server.h>

namespace kymo::KYMO_ABI::monitor {

/// Knows by which names this server may be asked, so that a web page cannot read it through a name of its own
/// that it lets point here (DNS rebinding): that works on loopback too, and needs a name.
///
/// Fine are addresses in numbers, `localhost`, this machine's name, the name listened on, and those
/// configured (with a port: for that port only; `*`: any). So is a request without a Host, which no browser
/// sends. Threads: any.
class HostGuard final {
 public:
  HostGuard(std::vector<std::string> allowed, const net::Endpoint& listen);

  /// `host`: the value of the Host header.
  [[nodiscard]] bool allows(std::string_view host) const;

  /// The answer to a request that is not allowed: 421, and what to configure. Source: RFC 9110,
  /// section 15.5.20.
  [[nodiscard]] static net::HttpResponse refusal(std::string_view host);

 private:
  std::vector<std::string> allowed_;  // in lower case
};

}  // namespace kymo::KYMO_ABI::monitor
