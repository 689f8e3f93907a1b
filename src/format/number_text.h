#pragma once

#include <chrono>

#include <kymo/base/number_text.h>

/// What the text formats need besides model's numbers; see there.
namespace kymo::KYMO_ABI::format {

using base::kMaxNumberBytes;
using base::put_canonical;
using base::put_number;
using base::put_text;

/// Seconds since 1970 with milliseconds: `1520430000.123`.
[[nodiscard]] char* put_unix_time(char* at, std::chrono::system_clock::time_point time) noexcept;

}  // namespace kymo::KYMO_ABI::format
