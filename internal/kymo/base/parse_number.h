#pragma once

#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::base {

/// Parses a whole text as a number, in any locale. Nothing for any other text, and for a number out of range.
/// `format`: a base, or std::chars_format, as for std::from_chars(). Threads: any.
template <class Number, class... Format>
[[nodiscard]] std::optional<Number> parse_number(std::string_view text, Format... format) noexcept {
  Number number{};
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const auto [stopped, error] = std::from_chars(begin, end, number, format...);
  return error == std::errc() && stopped == end ? std::optional(number) : std::nullopt;
}

}  // namespace kymo::KYMO_ABI::base
