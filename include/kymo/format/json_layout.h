#pragma once

#include <cstdint>

namespace kymo::format {

enum class JsonLayout : std::uint8_t {
  compact,   ///< one line
  indented,  ///< a line a value, for people
};

}  // namespace kymo::format
