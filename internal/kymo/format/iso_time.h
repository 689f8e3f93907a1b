#pragma once

#include <chrono>
#include <string>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::format {

/// `2025-11-28T10:30:00.123Z`: ISO 8601, UTC, milliseconds.
[[nodiscard]] std::string iso_time(std::chrono::system_clock::time_point time);

}  // namespace kymo::KYMO_ABI::format
