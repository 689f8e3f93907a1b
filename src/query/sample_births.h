#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::query {

[[nodiscard]] inline double seconds_between(std::int64_t from_ms, std::int64_t to_ms) noexcept {
  return static_cast<double>(to_ms - from_ms) / 1000;
}

/// A sample's time, and when its count began; 0: unknown.
struct Birth {
  std::int64_t start_ms = 0;
  std::int64_t time_ms = 0;
};

/// Whether start times tell of a reset between two samples, whatever their values.
[[nodiscard]] inline bool is_reborn(const Birth& before, const Birth& now) noexcept {
  if (now.start_ms == 0 || now.start_ms >= now.time_ms || now.start_ms < before.time_ms) return false;
  if (now.start_ms > before.time_ms) return true;
  // Each sample of a delta begins where the last one ended.
  return before.start_ms != 0 && before.start_ms < before.time_ms;
}

[[nodiscard]] inline bool overlaps(const Birth& before, const Birth& now) noexcept {
  return now.start_ms != 0 && now.start_ms < before.time_ms && now.start_ms != before.start_ms;
}

[[nodiscard]] inline Birth birth_at(std::span<const std::int64_t> starts, std::span<const std::int64_t> times,
                                    std::size_t place) {
  return {starts.empty() ? 0 : starts[place], times[place]};
}

}  // namespace kymo::KYMO_ABI::query
