#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "letter_case.h"

namespace kymo::KYMO_ABI::alert {

/// Each character through `map`. Bytes outside UTF-8 become U+FFFD, as in Go. Threads: any.
[[nodiscard]] std::string map_letters(std::string_view text, std::uint32_t (*map)(std::uint32_t));

/// The first letter of each word in upper case, and all others as they are. An apostrophe, a point or a `_`
/// between letters stands within a word. Threads: any. Source: Go's cases.Title() with NoLower.
[[nodiscard]] std::string title_case(std::string_view text);

}  // namespace kymo::KYMO_ABI::alert
