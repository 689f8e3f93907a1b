#pragma once

#include <cstdint>

namespace kymo::model {

enum class JsonLayout : std::uint8_t {
  compact,   ///< one line
  indented,  ///< a line a value, for people
};

}  // namespace kymo::model
