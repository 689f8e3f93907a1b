#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <kymo/net/http_server.h>

namespace kymo::KYMO_ABI::monitor {

/// Knows the Host names that this server accepts. So a web page cannot read it through its own name that
/// resolves to this machine (DNS rebinding, also on loopback).
///
/// Accepts numeric addresses, `localhost`, this machine's name, the listening name, and configured names
/// (with a port: that port only; `*`: any). Also accepts a request without a Host, which no browser sends.
/// Threads: any.
class HostGuard final {
 public:
  HostGuard(std::vector<std::string> allowed, const net::Endpoint& listen);

  /// `host`: the value of the Host header.
  [[nodiscard]] bool allows(std::string_view host) const;

  /// The response to a refused request: 421, and the setting to change. Source: RFC 9110, section
  /// 15.5.20.
  [[nodiscard]] static net::HttpResponse refusal(std::string_view host);

 private:
  std::vector<std::string> allowed_;  // in lower case
};

}  // namespace kymo::KYMO_ABI::monitor
