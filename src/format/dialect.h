#pragma once

#include <cstdint>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::format {

/// The two text formats, for code with small differences between them.
enum class Dialect : std::uint8_t { prometheus, openmetrics };

}  // namespace kymo::KYMO_ABI::format
