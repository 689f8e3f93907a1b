#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::cli {

/// Parses a duration as base::parse_duration() does, or a single number such as `2.5s` or `2` (seconds).
/// Nothing for an invalid text, or one outside `least` to `most`.
[[nodiscard]] std::optional<std::chrono::milliseconds> read_time(std::string_view text,
                                                                 std::chrono::milliseconds least,
                                                                 std::chrono::milliseconds most);

}  // namespace kymo::KYMO_ABI::cli
