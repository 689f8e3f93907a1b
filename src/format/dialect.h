#pragma once

#include <cstdint>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::format {

/// The two text formats, for what they do alike with small differences.
enum class Dialect : std::uint8_t { prometheus, openmetrics };

}  // namespace kymo::KYMO_ABI::format
