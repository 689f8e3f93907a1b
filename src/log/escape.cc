#include "escape.h"

#include <array>
#include <charconv>

namespace kymo::KYMO_ABI::log {
namespace {

struct Character {
  std::uint32_t code = 0;
  std::size_t length = 1;
  bool valid = false;
};

constexpr std::uint32_t kFirstOfLength[] = {0, 0, 0x80, 0x800, 0x10000};

std::size_t sequence_length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead < 0xe0) return 2;
  if (lead >= 0xe0 && lead < 0xf0) return 3;
  if (lead >= 0xf0 && lead < 0xf5) return 4;
  return 0;
}

/// The first character of a non-empty text; an invalid byte counts alone, as invalid.
Character decode(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const std::size_t length = sequence_length(byte(0));
  if (length == 0 || length > text.size()) return {byte(0), 1, false};
  if (length == 1) return {byte(0), 1, true};
  std::uint32_t code = byte(0) & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0U) != 0x80) return {byte(0), 1, false};
    code = (code << 6U) | (byte(i) & 0x3fU);
  }
  const bool surrogate = code >= 0xd800 && code < 0xe000;
  if (code < kFirstOfLength[length] || code > 0x10ffff || surrogate) return {byte(0), 1, false};
  return {code, length, true};
}

/// Controls (C0, DEL, C1), line and paragraph separators, and characters that reorder or hide text (Unicode
/// UTS 55).
bool is_dangerous(std::uint32_t code) {
  if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return true;
  if (code < 0x200b) return code == 0x61c;
  return code <= 0x200f || (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) ||
         code == 0xfeff;
}

std::string hex(std::uint32_t number, std::size_t min_digits) {
  std::array<char, 8> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, 16).ptr;
  std::string text(digits.data(), end);
  if (text.size() < min_digits) text.insert(0, min_digits - text.size(), '0');
  return text;
}

std::string escape_dangerous(std::uint32_t code, EscapeStyle style) {
  switch (code) {
    case '\n': return "\\n";
    case '\r': return "\\r";
    case '\t': return "\\t";
    default: break;
  }
  if (style == EscapeStyle::json) return "\\u" + hex(code, 4);
  return code < 0x80 ? "\\x" + hex(code, 2) : "\\u{" + hex(code, 4) + "}";
}

std::string escape(const Character& character, std::string_view bytes, EscapeStyle style) {
  if (!character.valid) {
    return style == EscapeStyle::json ? "\xef\xbf\xbd" : "\\x" + hex(character.code, 2);
  }
  if (is_dangerous(character.code)) return escape_dangerous(character.code, style);
  if (style != EscapeStyle::text && (bytes == "\"" || bytes == "\\")) return std::string("\\").append(bytes);
  return std::string(bytes);
}

bool is_plain(char c) { return c >= ' ' && c < 0x7f && c != '"' && c != '\\'; }

}  // namespace

bool append_escaped(std::string& out, std::string_view text, EscapeStyle style, std::size_t max_size) {
  while (!text.empty()) {
    std::size_t plain = 0;
    while (plain < text.size() && is_plain(text[plain]) && out.size() + plain < max_size) ++plain;
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) return true;
    const Character character = decode(text);
    const std::string escaped = escape(character, text.substr(0, character.length), style);
    if (out.size() + escaped.size() > max_size) return false;
    out += escaped;
    text.remove_prefix(character.length);
  }
  return true;
}

}  // namespace kymo::KYMO_ABI::log
