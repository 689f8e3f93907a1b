#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <kymo/version.h>

/// Numbers and texts as Go's strconv writes them. Threads: any. Errors: `std::bad_alloc` only.
namespace kymo::KYMO_ABI::alert {

/// `verb` is one of `b e E f g G x X`. `precision` below 0: the shortest text that reads back. Without `+`.
[[nodiscard]] std::string go_float(double value, char verb, int precision);

/// The text in quotes, with escapes for what does not print; of all but ASCII where `is_ascii`.
[[nodiscard]] std::string go_quote(std::string_view text, bool is_ascii, char quote = '"');

/// UTF-8 of a character; U+FFFD for a code that is none.
[[nodiscard]] std::string go_character(std::uint64_t code);

/// Whether the character prints: no control, no space but U+0020, no private or unassigned one.
[[nodiscard]] bool go_prints(std::uint32_t code) noexcept;

/// The code of the character in front, and its length; U+FFFD and 1 for a byte that is no UTF-8.
[[nodiscard]] std::uint32_t go_decode(std::string_view text, std::size_t& length) noexcept;

}  // namespace kymo::KYMO_ABI::alert
