#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::query {

/// Milliseconds of a duration such as `1h30m`: whole numbers with the units y, w, d, h, m, s and ms, the
/// largest first, each at most once; `0` alone too. Nothing for any other text, and for more than 292 years.
/// Differs from base::parse_duration() in the larger units and at the limit. Threads: any. Source:
/// Prometheus, "Float literals and time durations".
[[nodiscard]] std::optional<std::int64_t> parse_milliseconds(std::string_view text) noexcept;

/// The canonical text; years and weeks only where nothing remains. Not negative. Threads: any. Errors:
/// `std::bad_alloc` only.
[[nodiscard]] std::string milliseconds_text(std::int64_t milliseconds);

}  // namespace kymo::KYMO_ABI::query
