#pragma once

#include <string>
#include <string_view>

#include <kymo/version.h>

/// Parts of `host:port`. Threads: any. Errors: `std::bad_alloc` only. Source: Prometheus' stripPort and
/// stripDomain, on Go's net.SplitHostPort().
namespace kymo::KYMO_ABI::alert {

/// The host; the text as it is where there is no port. Brackets of IPv6 go with the port.
[[nodiscard]] std::string without_port(std::string_view host_port);
/// The first label of the host's name, with the port; an address as it is.
[[nodiscard]] std::string without_domain(std::string_view host_port);

}  // namespace kymo::KYMO_ABI::alert
