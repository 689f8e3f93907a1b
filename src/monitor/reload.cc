#include "reload.h"

#include <array>
#include <string_view>

namespace kymo::KYMO_ABI::monitor {
namespace {

struct Fixed {
  std::string_view setting;
  bool (*differs)(const MonitorOptions& a, const MonitorOptions& b);
};

template <auto Member>
constexpr bool differs(const MonitorOptions& a, const MonitorOptions& b) {
  return a.*Member != b.*Member;
}
template <auto Member>
constexpr bool limit_differs(const MonitorOptions& a, const MonitorOptions& b) {
  return a.http_limits.*Member != b.http_limits.*Member;
}
/// Another certificate is no other setting; from clear text to TLS or back is.
bool tls_differs(const MonitorOptions& a, const MonitorOptions& b) {
  return a.tls.certificate.empty() != b.tls.certificate.empty();
}

constexpr std::array kFixed = {
    Fixed{"listen", differs<&MonitorOptions::listen>},
    Fixed{"tick_interval", differs<&MonitorOptions::tick_interval>},
    Fixed{"log.level", differs<&MonitorOptions::log_level>},
    Fixed{"system.enabled", differs<&MonitorOptions::system>},
    Fixed{"process.enabled", differs<&MonitorOptions::process>},
    Fixed{"profile", differs<&MonitorOptions::profile>},
    Fixed{"limits.series_per_family", differs<&MonitorOptions::max_series_per_family>},
    Fixed{"limits.series", differs<&MonitorOptions::max_series>},
    Fixed{"limits.callback_deadline", differs<&MonitorOptions::callback_deadline>},
    Fixed{"web.allowed_hosts", differs<&MonitorOptions::allowed_hosts>},
    Fixed{"web.trusted_proxies", differs<&MonitorOptions::trusted_proxies>},
    Fixed{"web.tls", tls_differs},
    Fixed{"http.threads", differs<&MonitorOptions::http_threads>},
    Fixed{"http.max_connections", limit_differs<&net::HttpLimits::connections>},
    Fixed{"http.max_connections_per_address", limit_differs<&net::HttpLimits::connections_per_address>},
    Fixed{"http.max_header_size", limit_differs<&net::HttpLimits::header_bytes>},
    Fixed{"http.max_body_size", limit_differs<&net::HttpLimits::body_bytes>},
    Fixed{"http.max_responses_size", limit_differs<&net::HttpLimits::responses_bytes>},
    Fixed{"http.header_timeout", limit_differs<&net::HttpLimits::header_time>},
    Fixed{"http.body_timeout", limit_differs<&net::HttpLimits::body_time>},
    Fixed{"http.write_timeout", limit_differs<&net::HttpLimits::write_time>},
    Fixed{"http.idle_timeout", limit_differs<&net::HttpLimits::idle_time>},
};

}  // namespace

std::vector<std::string> settings_to_restart_for(const MonitorOptions& running,
                                                 const MonitorOptions& wanted) {
  std::vector<std::string> names;
  for (const Fixed& fixed : kFixed) {
    if (fixed.differs(running, wanted)) names.emplace_back(fixed.setting);
  }
  return names;
}

}  // namespace kymo::KYMO_ABI::monitor
