#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include <kymo/version.h>

/// Classes and cases of ASCII. <cctype> follows the locale, which the host program may set to anything.
/// Threads: any. Errors: none but `std::bad_alloc`.
namespace kymo::KYMO_ABI::base {

[[nodiscard]] constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

[[nodiscard]] constexpr bool is_lower(char c) noexcept { return c >= 'a' && c <= 'z'; }

[[nodiscard]] constexpr bool is_upper(char c) noexcept { return c >= 'A' && c <= 'Z'; }

[[nodiscard]] constexpr bool is_letter(char c) noexcept { return is_lower(c) || is_upper(c); }

[[nodiscard]] constexpr bool is_alphanumeric(char c) noexcept { return is_letter(c) || is_digit(c); }

[[nodiscard]] constexpr char to_lower(char c) noexcept {
  return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
}

[[nodiscard]] constexpr char to_upper(char c) noexcept {
  return is_lower(c) ? static_cast<char>(c - 'a' + 'A') : c;
}

[[nodiscard]] constexpr bool is_hex_digit(char c) noexcept {
  return is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'f');
}

[[nodiscard]] inline std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), to_lower);
  return out;
}

[[nodiscard]] constexpr bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return std::ranges::equal(a, b, {}, to_lower, to_lower);
}

/// Spaces and tabs: OWS of HTTP (RFC 9110 5.6.3).
inline constexpr std::string_view kBlanks = " \t";
/// Blanks and ends of lines.
inline constexpr std::string_view kWhitespace = " \t\r\n";

/// The text without characters of `unwanted` at either end.
[[nodiscard]] constexpr std::string_view trim(std::string_view text,
                                              std::string_view unwanted = kBlanks) noexcept {
  const std::size_t first = text.find_first_not_of(unwanted);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(unwanted) - first + 1);
}

}  // namespace kymo::KYMO_ABI::base
