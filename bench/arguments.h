#pragma once

#include <charconv>
#include <string_view>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::bench {

/// A whole number of a command line; 0 for anything else.
[[nodiscard]] inline int number_of(std::string_view text) noexcept {
  int number = 0;
  (void)std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace kymo::KYMO_ABI::bench
