#include "json_text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>

namespace kymo::packs {
namespace {

constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";

std::uint8_t byte_at(std::string_view text, std::size_t i) noexcept {
  return i < text.size() ? static_cast<std::uint8_t>(text[i]) : 0;
}

/// Length of the character that `text` begins with; 0 where it is not valid. Source: Unicode, table 3-7.
std::size_t utf8_length(std::string_view text) noexcept {
  const std::uint8_t lead = byte_at(text, 0);
  if (lead < 0x80) return 1;
  if (lead < 0xC2 || lead > 0xF4) return 0;
  const std::uint8_t second = byte_at(text, 1);
  const std::uint8_t lowest = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const std::uint8_t highest = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (second < lowest || second > highest) return 0;
  const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  for (std::size_t i = 2; i < length; ++i) {
    if ((byte_at(text, i) & 0xC0U) != 0x80) return 0;
  }
  return length;
}

void append_ascii(char c, std::string& out) {
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  const auto byte = static_cast<std::uint8_t>(c);
  if (c == '"' || c == '\\') {
    out += '\\';
    out += c;
  } else if (byte >= 0x20) {
    out += c;
  } else {
    out += "\\u00";
    out += kHexDigits[byte >> 4U];
    out += kHexDigits[byte & 0xFU];
  }
}

}  // namespace

void JsonText::open(char bracket, std::string_view key) {
  begin(key);
  out_ += bracket;
  first_ = true;
}

void JsonText::close(char bracket) {
  out_ += bracket;
  first_ = false;
}

void JsonText::add(std::string_view key, std::string_view value) {
  begin(key);
  append_quoted(value);
}

void JsonText::add(std::string_view key, double value) {
  begin(key);
  const double rounded = std::round(value * 1e6) / 1e6;
  const double shown = std::isfinite(rounded) ? rounded : value;  // too large to have decimals
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), shown).ptr;
  if (std::isfinite(shown)) {
    out_.append(digits.data(), end);
  } else {
    out_ += "null";
  }
}

void JsonText::add(std::string_view key, const std::optional<double>& value) {
  add(key, value.value_or(std::nan("")));
}

void JsonText::element(std::string_view value) {
  begin({});
  append_quoted(value);
}

void JsonText::begin(std::string_view key) {
  if (!first_) out_ += ',';
  first_ = false;
  if (key.empty()) return;
  append_quoted(key);
  out_ += ':';
}

void JsonText::append_quoted(std::string_view text) {
  out_ += '"';
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 1) {
      append_ascii(text.front(), out_);
    } else {
      out_ += length == 0 ? kReplacementCharacter : text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out_ += '"';
}

}  // namespace kymo::packs
