#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::cli {

/// Reads what base::parse_duration() does, and a single number such as `2.5s` or `2` (seconds); nothing for
/// what is no time, or is not from `least` to `most`.
[[nodiscard]] std::optional<std::chrono::milliseconds> read_time(std::string_view text,
                                                                 std::chrono::milliseconds least,
                                                                 std::chrono::milliseconds most);

}  // namespace kymo::KYMO_ABI::cli
