#include "go_text.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <utility>

#include <kymo/base/utf8.h>

namespace kymo::KYMO_ABI::alert {
namespace {

constexpr std::string_view kLowerHex = "0123456789abcdef";

// 309 digits stand before the point at most, or as many zeros behind.
std::string chars_of(double value, std::chars_format format, int precision) {
  std::string text(static_cast<std::size_t>(std::max(precision, 20)) + 400, '\0');
  char* const end = text.data() + text.size();
  const auto result = precision < 0 ? std::to_chars(text.data(), end, value, format)
                                    : std::to_chars(text.data(), end, value, format, precision);
  text.resize(static_cast<std::size_t>(result.ptr - text.data()));
  return text;
}

int exponent_of(std::string_view scientific) {
  std::string_view text = scientific.substr(scientific.find('e') + 1);
  if (text.starts_with('+')) text.remove_prefix(1);
  int exponent = 0;
  std::from_chars(text.data(), text.data() + text.size(), exponent);
  return exponent;
}

/// Exponents have a sign and two digits at least.
std::string exponent_text(char mark, int exponent) {
  std::string text = {mark, exponent < 0 ? '-' : '+'};
  const int size = std::abs(exponent);
  if (size < 10) text += '0';
  return text + std::to_string(size);
}

std::string general_text(double value, int precision) {
  if (precision >= 0) return chars_of(value, std::chars_format::general, precision);
  constexpr int kLeast = -4;
  constexpr int kMost = 6;
  std::string scientific = chars_of(value, std::chars_format::scientific, -1);
  const int exponent = exponent_of(scientific);
  if (exponent < kLeast || exponent >= kMost) return scientific;
  return chars_of(value, std::chars_format::fixed, -1);
}

std::string binary_exponent_text(double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  const auto biased = static_cast<int>((bits >> 52U) & 0x7FFU);
  std::uint64_t mantissa = bits & ((std::uint64_t{1} << 52U) - 1);
  if (biased != 0) mantissa |= std::uint64_t{1} << 52U;
  const int exponent = std::max(biased, 1) - 1075;
  return (std::signbit(value) ? "-" : "") + std::to_string(mantissa) + 'p' + (exponent < 0 ? "" : "+") +
         std::to_string(exponent);
}

/// Go normalises the first digit to 1, and writes two digits of exponent.
std::string hex_text(double value, int precision) {
  int exponent = 0;
  double mantissa = value;
  if (value != 0) {
    mantissa = std::frexp(value, &exponent) * 2;
    --exponent;
  }
  std::string text = chars_of(mantissa, std::chars_format::hex, precision);
  const std::size_t mark = text.find('p');
  // Rounding may have carried into the next power.
  if (text.substr(mark) != "p+0") ++exponent;
  text.resize(mark);
  const std::size_t sign = text.starts_with('-') ? 1 : 0;
  if (text.substr(sign).starts_with('2')) {
    text[sign] = '1';
    ++exponent;
  }
  text.insert(sign, "0x");
  return text + exponent_text('p', exponent);
}

void append_code(std::string& out, char mark, std::uint32_t code, unsigned digits) {
  out += {'\\', mark};
  for (unsigned left = digits; left-- > 0;) out += kLowerHex[(code >> (4U * left)) & 15U];
}

}  // namespace

std::string go_float(double value, char verb, int precision) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Inf" : "Inf";
  std::string text;
  switch (verb) {
    case 'e':
    case 'E': text = chars_of(value, std::chars_format::scientific, precision); break;
    case 'f': text = chars_of(value, std::chars_format::fixed, precision); break;
    case 'b': return binary_exponent_text(value);
    case 'x':
    case 'X': text = hex_text(value, precision); break;
    default: text = general_text(value, precision);
  }
  if (verb == 'E' || verb == 'G' || verb == 'X')
    std::ranges::transform(text, text.begin(),
                           [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return text;
}

std::string go_character(std::uint64_t code) {
  if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return std::string(base::kReplacementCharacter);
  const auto byte = [](std::uint64_t bits) { return static_cast<char>(static_cast<unsigned char>(bits)); };
  const auto tail = [&](unsigned shift) { return byte(0x80U | ((code >> shift) & 0x3FU)); };
  if (code < 0x80) return {byte(code)};
  if (code < 0x800) return {byte(0xC0U | (code >> 6U)), tail(0)};
  if (code < 0x10000) return {byte(0xE0U | (code >> 12U)), tail(6), tail(0)};
  return {byte(0xF0U | (code >> 18U)), tail(12), tail(6), tail(0)};
}

std::uint32_t go_decode(std::string_view text, std::size_t& length) noexcept {
  length = base::utf8_length(text);
  if (length == 0) {
    length = 1;
    return 0xFFFD;
  }
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  std::uint32_t code = byte(0);
  if (length > 1) code &= 0x7FU >> length;
  for (std::size_t at = 1; at < length; ++at) code = (code << 6U) | (byte(at) & 0x3FU);
  return code;
}

bool go_prints(std::uint32_t code) noexcept {
  constexpr std::array<std::pair<std::uint32_t, std::uint32_t>, 17> kHidden = {{{0x00, 0x1F},
                                                                                {0x7F, 0xA0},
                                                                                {0xAD, 0xAD},
                                                                                {0x61C, 0x61C},
                                                                                {0x1680, 0x1680},
                                                                                {0x180E, 0x180E},
                                                                                {0x2000, 0x200F},
                                                                                {0x2028, 0x202F},
                                                                                {0x205F, 0x206F},
                                                                                {0x3000, 0x3000},
                                                                                {0xD800, 0xF8FF},
                                                                                {0xFEFF, 0xFEFF},
                                                                                {0xFFF0, 0xFFFB},
                                                                                {0xFFFE, 0xFFFF},
                                                                                {0x1FFFE, 0x1FFFF},
                                                                                {0xE0000, 0xE00FF},
                                                                                {0xE01F0, 0xFFFFFFFF}}};
  return std::ranges::none_of(kHidden,
                              [&](const auto& range) { return code >= range.first && code <= range.second; });
}

std::string go_quote(std::string_view text, bool is_ascii, char quote) {
  constexpr std::string_view kMarks = "\a\b\f\n\r\t\v\\";
  constexpr std::string_view kLetters = "abfnrtv\\";
  std::string out = {quote};
  while (!text.empty()) {
    std::size_t length = 1;
    const std::uint32_t code = go_decode(text, length);
    const char c = text.front();
    const std::size_t mark = length == 1 ? kMarks.find(c) : std::string_view::npos;
    if (length == 1 && code == 0xFFFD) {
      append_code(out, 'x', static_cast<unsigned char>(c), 2);
    } else if (c == quote || mark != std::string_view::npos) {
      out += {'\\', mark == std::string_view::npos ? c : kLetters[mark]};
    } else if (go_prints(code) && (!is_ascii || code < 0x80)) {
      out += text.substr(0, length);
    } else if (code < 0x20 || code == 0x7F) {
      append_code(out, 'x', code, 2);
    } else {
      append_code(out, code < 0x10000 ? 'u' : 'U', code, code < 0x10000 ? 4 : 8);
    }
    text.remove_prefix(length);
  }
  return out + quote;
}

}  // namespace kymo::KYMO_ABI::alert
