#pragma once

#include <chrono>
#include <string>

namespace kymo::format {

/// `2025-11-28T10:30:00.123Z`: ISO 8601, UTC, milliseconds.
[[nodiscard]] std::string iso_time(std::chrono::system_clock::time_point time);

}  // namespace kymo::format
