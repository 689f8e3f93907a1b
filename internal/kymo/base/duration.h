#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::base {

/// A length of time as Prometheus' configuration writes it: whole numbers with the units d, h, m, s and ms,
/// the largest first, each at most once (`90s`, `1h30m`, `500ms`). Nothing for any other text; one that no
/// number holds is the longest there is. Threads: any, of both.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) noexcept;

/// The same the other way, as short as can be; `0s` for none and for negative ones.
[[nodiscard]] std::string duration_text(std::chrono::milliseconds duration);

/// No wait and no interval of kymo's is longer: ten years.
inline constexpr std::chrono::milliseconds kLongestWait = std::chrono::hours(24 * 3653);

/// The wait itself, from 0 to kLongestWait. Clocks count nanoseconds, and no number of them holds
/// `milliseconds::max()`, by which a caller may mean "never". Bound a wait before it is added to a time or
/// compared with nanoseconds. Threads: any.
[[nodiscard]] constexpr std::chrono::milliseconds bounded_wait(std::chrono::milliseconds wait) noexcept {
  return std::clamp(wait, std::chrono::milliseconds(0), kLongestWait);
}

}  // namespace kymo::KYMO_ABI::base
