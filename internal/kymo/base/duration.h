#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::base {

/// Parses a duration in the syntax of Prometheus' configuration: whole numbers with the units d, h, m, s and
/// ms, the largest first, each at most once (`90s`, `1h30m`, `500ms`). Nothing for any other text; too large
/// ones become the largest value. Threads: any, of both.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) noexcept;

/// The shortest text of a duration; `0s` for zero and negative ones.
[[nodiscard]] std::string duration_text(std::chrono::milliseconds duration);

/// The limit of all waits and intervals in kymo: ten years.
inline constexpr std::chrono::milliseconds kLongestWait = std::chrono::hours(24 * 3653);

/// Clamps a wait to 0 … kLongestWait. Clocks count nanoseconds, which cannot hold `milliseconds::max()`, a
/// caller's "never". Bound a wait before you add it to a time or compare it with nanoseconds. Threads:
/// any.
[[nodiscard]] constexpr std::chrono::milliseconds bounded_wait(std::chrono::milliseconds wait) noexcept {
  return std::clamp(wait, std::chrono::milliseconds(0), kLongestWait);
}

}  // namespace kymo::KYMO_ABI::base
