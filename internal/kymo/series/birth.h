#pragma once

#include <cstdint>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::series {

/// A sample's time, and when its count began, both since 1970; 0: unknown.
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

}  // namespace kymo::KYMO_ABI::series
