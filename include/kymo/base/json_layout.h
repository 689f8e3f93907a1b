#pragma once

#include <cstdint>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::base {

enum class JsonLayout : std::uint8_t {
  compact,   ///< one line
  indented,  ///< a line a value, for people
};

}  // namespace kymo::KYMO_ABI::base
