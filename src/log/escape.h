#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::log {

enum class EscapeStyle : std::uint8_t {
  text,    ///< `\n`, `\x1b`, `\u{202e}`
  quoted,  ///< as text, and `\"` and `\\`: for text between quotes
  json,    ///< RFC 8259; bytes that are not UTF-8 become U+FFFD
};

/// Appends `text`, and escapes all that could end a line, move a cursor or reorder text.
/// Stops before `out` would pass `max_size` and then returns false; never cuts a character or an escape in
/// two.
bool append_escaped(std::string& out, std::string_view text, EscapeStyle style, std::size_t max_size);

}  // namespace kymo::KYMO_ABI::log
