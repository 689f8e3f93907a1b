#pragma once

#include <cstdint>

namespace kymo::format {

/// The two text formats, for what they do alike with small differences.
enum class Dialect : std::uint8_t { prometheus, openmetrics };

}  // namespace kymo::format
