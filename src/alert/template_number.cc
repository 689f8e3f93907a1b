#include "template_number.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>

#include <kymo/base/ascii.h>
#include <kymo/base/parse_number.h>
#include <kymo/base/utf8.h>
#include <kymo/query/quoting.h>

namespace kymo::KYMO_ABI::alert {
namespace {

/// The text without its `_`; nothing where one stands elsewhere than between digits or behind the prefix.
std::optional<std::string> without_underscores(std::string_view text, bool has_prefix) {
  std::string digits;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '_') {
      digits += text[at];
      continue;
    }
    const bool follows = at > 0 ? base::is_hex_digit(text[at - 1]) : has_prefix;
    if (!follows || at + 1 == text.size() || !base::is_hex_digit(text[at + 1])) return std::nullopt;
  }
  return digits;
}

/// Takes a sign off the front; whether it is `-`.
bool take_sign(std::string_view& text) {
  const bool is_negative = text.starts_with('-');
  if (is_negative || text.starts_with('+')) text.remove_prefix(1);
  return is_negative;
}

/// Takes `0x`, `0o`, `0b` or an octal `0` off the front.
int take_base(std::string_view& text) {
  if (text.size() < 2 || text[0] != '0') return 10;
  const char mark = base::to_lower(text[1]);
  const int number_base = mark == 'x' ? 16 : mark == 'o' ? 8 : mark == 'b' ? 2 : 0;
  text.remove_prefix(number_base != 0 ? 2 : 1);
  return number_base != 0 ? number_base : 8;
}

/// A whole number of Go. Sets `unsigned_value` for one that needs 64 bits without a sign.
std::optional<std::int64_t> parse_whole(std::string_view text, std::optional<double>& unsigned_value) {
  const bool has_sign = text.starts_with('-') || text.starts_with('+');
  const bool is_negative = take_sign(text);
  const bool has_prefix = text.size() > 1 && text[0] == '0';
  const int number_base = take_base(text);
  const auto digits = without_underscores(text, has_prefix);
  if (!digits || digits->empty()) return std::nullopt;
  std::uint64_t size = 0;
  const char* const end = digits->data() + digits->size();
  const auto [stopped, error] = std::from_chars(digits->data(), end, size, number_base);
  if (stopped != end) return std::nullopt;
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (error != std::errc()) return std::nullopt;
  if (size > kMost + (is_negative ? 1U : 0U)) {
    if (!has_sign) unsigned_value = static_cast<double>(size);
    return std::nullopt;
  }
  return is_negative ? static_cast<std::int64_t>(~size + 1) : static_cast<std::int64_t>(size);
}

void set_real(NumberConstant& number, double value) {
  number.real = value;
  constexpr double kBound = 9223372036854775808.0;  // 2^63
  if (!number.whole && value >= -kBound && value < kBound && std::trunc(value) == value)
    number.whole = static_cast<std::int64_t>(value);
}

[[noreturn]] void refuse(const Token& token, std::string_view why) {
  throw TemplateError(token.at, query::quote(token.text) + std::string(why));
}

NumberConstant read_character(const Token& token) {
  std::string_view fault;
  const auto text = query::unquote(token.text, fault);
  if (!text) throw TemplateError(token.at, "a character " + std::string(fault));
  const bool is_byte = token.text.size() > 3 && text->size() == 1;  // such as '\xff'
  if (text->empty() || (!is_byte && base::utf8_length(*text) != text->size()))
    refuse(token, " is no single character; put texts in double quotes");
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>((*text)[at]); };
  std::uint32_t code = byte(0);
  if (text->size() > 1) code &= 0x7FU >> text->size();
  for (std::size_t at = 1; at < text->size(); ++at) code = (code << 6U) | (byte(at) & 0x3FU);
  NumberConstant number;
  number.whole = code;
  number.real = code;
  return number;
}

NumberConstant complex_of(double real, double imaginary) {
  NumberConstant number;
  number.complex_real = real;
  number.imaginary = imaginary;
  if (imaginary == 0) set_real(number, real);
  return number;
}

NumberConstant read_complex(const Token& token) {
  const std::string_view text = token.text.substr(0, token.text.size() - 1);
  std::size_t sign = text.size() - 1;
  while (sign > 0 && ((text[sign] != '+' && text[sign] != '-') || base::to_lower(text[sign - 1]) == 'e' ||
                      base::to_lower(text[sign - 1]) == 'p'))
    --sign;
  const auto real = parse_go_float(text.substr(0, sign));
  const auto imaginary = parse_go_float(text.substr(sign));
  if (!real || !imaginary) refuse(token, " is no complex number; write one as 1+2i");
  return complex_of(*real, *imaginary);
}

}  // namespace

std::optional<double> parse_go_float(std::string_view text) {
  const bool is_negative = take_sign(text);
  const auto with_sign = [&](double value) { return is_negative ? -value : value; };
  std::string lower;
  for (const char c : text) lower += base::to_lower(c);
  if (lower == "inf" || lower == "infinity") return with_sign(std::numeric_limits<double>::infinity());
  if (lower == "nan") return std::numeric_limits<double>::quiet_NaN();
  std::string_view number = lower;
  const bool is_hex = number.starts_with("0x");
  if (is_hex) number.remove_prefix(2);
  const auto digits = without_underscores(number, is_hex);
  // from_chars() would take a second sign, and the words above.
  const std::string_view expected = is_hex ? "0123456789abcdef.p+-" : "0123456789.e+-";
  if (!digits || digits->empty() || digits->find_first_not_of(expected) != std::string::npos ||
      digits->front() == '-' || digits->front() == '+' || (is_hex && digits->find('p') == std::string::npos))
    return std::nullopt;
  const auto value =
      base::parse_number<double>(*digits, is_hex ? std::chars_format::hex : std::chars_format::general);
  return value ? std::optional(with_sign(*value)) : std::nullopt;
}

NumberConstant read_number(const Token& token) {
  if (token.kind == TokenKind::character_constant) return read_character(token);
  if (token.kind == TokenKind::complex_number) return read_complex(token);
  std::string_view text = token.text;
  const bool is_hex = text.size() > 2 && (text.find_first_of("xX") != std::string_view::npos);
  const bool is_imaginary = text.ends_with('i');
  if (is_imaginary) text.remove_suffix(1);
  NumberConstant number;
  if (!is_imaginary) number.whole = parse_whole(text, number.real);
  if (number.whole) number.real = static_cast<double>(*number.whole);
  if (number.real) return number;
  const auto real = parse_go_float(text);
  if (!real) refuse(token, " is no number; put texts in quotes");
  if (is_imaginary) return complex_of(0, *real);
  number.looks_real = text.find_first_of(is_hex ? ".pP" : ".eEpP") != std::string_view::npos;
  if (!number.looks_real)
    refuse(token, " is no whole number of 64 bits; write it with a point or an exponent");
  set_real(number, *real);
  return number;
}

}  // namespace kymo::KYMO_ABI::alert
