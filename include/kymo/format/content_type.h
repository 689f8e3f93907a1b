#pragma once

#include <string_view>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::format {

/// Media type of Prometheus text, as scrapers ask for and expect it. Source: Prometheus exposition formats,
/// 0.0.4.
inline constexpr std::string_view kPrometheusTextType = "text/plain; version=0.0.4; charset=utf-8";
/// Source: OpenMetrics 1.0, "Protocol Negotiation".
inline constexpr std::string_view kOpenMetricsType =
    "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// Source: RFC 8259; JSON is always UTF-8 and its media type has no charset.
inline constexpr std::string_view kJsonType = "application/json";

}  // namespace kymo::KYMO_ABI::format
