#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::format {

/// `2025-11-28T10:30:00.123Z`: ISO 8601, UTC, milliseconds.
[[nodiscard]] std::string iso_time(std::chrono::system_clock::time_point time);

/// Parses a time such as `2025-11-28T10:30:00Z`, with any number of decimals, and with an offset such as
/// `+01:00` in place of `Z`. Cut to milliseconds. Nothing for any other text. Threads: any. Source: RFC 3339.
[[nodiscard]] std::optional<std::chrono::sys_time<std::chrono::milliseconds>> parse_iso_time(
    std::string_view text);

}  // namespace kymo::KYMO_ABI::format
