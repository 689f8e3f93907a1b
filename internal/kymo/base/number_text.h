#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include <kymo/version.h>

/// Numbers as text, the same in every locale. Each function writes at most kMaxNumberBytes from `at` on and
/// returns the end. Threads: any. Errors: none.
namespace kymo::KYMO_ABI::base {

/// "-2.2250738585072014e-308" has 24 characters.
inline constexpr std::size_t kMaxNumberBytes = 32;

[[nodiscard]] inline char* put_text(char* at, std::string_view text) noexcept {
  std::memcpy(at, text.data(), text.size());
  return at + text.size();
}

[[nodiscard]] inline char* put_number(char* at, std::uint64_t number) noexcept {
  // Most counts of a histogram's buckets are small.
  if (number < 100) {
    const auto tens = static_cast<unsigned>(number) / 10;
    const auto ones = static_cast<unsigned>(number) % 10;
    *at = static_cast<char>('0' + tens);
    at += tens != 0 ? 1 : 0;
    *at = static_cast<char>('0' + ones);
    return at + 1;
  }
  return std::to_chars(at, at + kMaxNumberBytes, number).ptr;
}

[[nodiscard]] inline char* put_number(char* at, std::int64_t number) noexcept {
  return std::to_chars(at, at + kMaxNumberBytes, number).ptr;
}

/// The shortest text that reads back to the same double; whole numbers up to 2^53 without an exponent.
/// Not finite: `NaN`, `+Inf`, `-Inf`, as in the text formats.
[[nodiscard]] char* put_number(char* at, double number) noexcept;

/// A bucket bound or quantile in the form that OpenMetrics 1.0 calls canonical: `0.0`, `1.0`, `1e-05`,
/// `1.048576e+06`.
[[nodiscard]] char* put_canonical(char* at, double number) noexcept;

}  // namespace kymo::KYMO_ABI::base
