#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <kymo/series/birth.h>

namespace kymo::KYMO_ABI::query {

[[nodiscard]] inline double seconds_between(std::int64_t from_ms, std::int64_t to_ms) noexcept {
  return static_cast<double>(to_ms - from_ms) / 1000;
}

using series::Birth;
using series::is_reborn;

[[nodiscard]] inline bool overlaps(const Birth& before, const Birth& now) noexcept {
  return now.start_ms != 0 && now.start_ms < before.time_ms && now.start_ms != before.start_ms;
}

[[nodiscard]] inline Birth birth_at(std::span<const std::int64_t> starts, std::span<const std::int64_t> times,
                                    std::size_t place) {
  return {starts.empty() ? 0 : starts[place], times[place]};
}

}  // namespace kymo::KYMO_ABI::query
