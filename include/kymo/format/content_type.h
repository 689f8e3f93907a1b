#pragma once

#include <cstdint>
#include <optional>
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

/// The formats behind `?format=`, where one address serves several.
enum class Format : std::uint8_t {
  prometheus,   ///< Prometheus text 0.0.4
  openmetrics,  ///< OpenMetrics 1.0
  json,
};

/// The spelling in `?format=`: "prometheus", "openmetrics", "json".
[[nodiscard]] KYMO_API std::string_view format_name(Format format) noexcept;

/// The format of that name, or nothing.
[[nodiscard]] KYMO_API std::optional<Format> format_from_name(std::string_view name) noexcept;

/// The value for `Content-Type`.
[[nodiscard]] KYMO_API std::string_view media_type(Format format) noexcept;

}  // namespace kymo::KYMO_ABI::format
