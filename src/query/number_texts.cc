#include "number_texts.h"

#include <array>
#include <charconv>
#include <cmath>
#include <string_view>

#include <kymo/base/parse_number.h>

namespace kymo::KYMO_ABI::query {
namespace {

std::string written(double value, std::chars_format format) {
  // 17 digits, and as many zeros as the smallest double has.
  std::array<char, 400> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format);
  return {buffer.data(), end.ptr};
}

/// Without an exponent. std::to_chars writes each digit of a whole number; the shortest text ends in zeros.
std::string fixed_text(double value) {
  constexpr double kExact = 9007199254740992.0;  // 2^53
  if (std::abs(value) < kExact) return written(value, std::chars_format::fixed);
  const std::string text = written(value, std::chars_format::scientific);
  const std::size_t mark = text.find('e');
  const int exponent = base::parse_number<int>(std::string_view(text).substr(mark + 2)).value_or(0);
  std::string digits = text.substr(0, mark);
  std::erase(digits, '.');
  const std::size_t whole = static_cast<std::size_t>(exponent) + (value < 0 ? 2 : 1);
  if (digits.size() < whole) digits.append(whole - digits.size(), '0');
  return digits;
}

}  // namespace

std::string plain_number_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fixed_text(value);
}

std::string sample_text(double value) {
  constexpr double kLeast = 1e-6;
  constexpr double kMost = 1e21;
  const double size = std::abs(value);
  const bool has_exponent = std::isfinite(value) && value != 0 && (size < kLeast || size >= kMost);
  return has_exponent ? written(value, std::chars_format::scientific) : plain_number_text(value);
}

std::string general_number_text(double value) {
  constexpr int kLeastExponent = -4;
  constexpr int kMostExponent = 5;
  if (std::isnan(value) || std::isinf(value) || value == 0) return plain_number_text(value);
  std::string text = written(value, std::chars_format::scientific);
  std::string_view exponent_text = std::string_view(text).substr(text.find('e') + 1);
  if (exponent_text.starts_with('+')) exponent_text.remove_prefix(1);
  const int exponent = base::parse_number<int>(exponent_text).value_or(0);
  return exponent < kLeastExponent || exponent > kMostExponent ? text : plain_number_text(value);
}

}  // namespace kymo::KYMO_ABI::query
