#include <kymo/base/utf8.h>

#include <algorithm>

namespace kymo::KYMO_ABI::base {
namespace {

std::uint8_t byte_at(std::string_view text, std::size_t index) noexcept {
  return index < text.size() ? static_cast<std::uint8_t>(text[index]) : 0;
}

bool is_continuation(std::uint8_t byte) noexcept { return (byte & 0xC0U) == 0x80U; }

// RFC 3629, section 4: the second byte shows overlong forms and surrogates.
bool second_byte_fits(std::uint8_t first, std::uint8_t second) noexcept {
  switch (first) {
    case 0xE0: return second >= 0xA0 && second <= 0xBF;
    case 0xED: return second >= 0x80 && second <= 0x9F;
    case 0xF0: return second >= 0x90 && second <= 0xBF;
    case 0xF4: return second >= 0x80 && second <= 0x8F;
    default: return is_continuation(second);
  }
}

std::size_t announced_length(std::uint8_t first) noexcept {
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return 2;
  if (first >= 0xE0 && first <= 0xEF) return 3;
  if (first >= 0xF0 && first <= 0xF4) return 4;
  return 0;
}

std::size_t length_of_allowed(std::string_view text, Nul nul) noexcept {
  return nul == Nul::refused && text.front() == '\0' ? 0 : utf8_length(text);
}

}  // namespace

std::size_t utf8_length(std::string_view text) noexcept {
  const std::uint8_t first = byte_at(text, 0);
  const std::size_t length = announced_length(first);
  if (text.empty() || length == 0 || length > text.size()) return 0;
  if (length > 1 && !second_byte_fits(first, byte_at(text, 1))) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if (!is_continuation(byte_at(text, i))) return 0;
  }
  return length;
}

bool is_utf8(std::string_view text, Nul nul) noexcept {
  while (!text.empty()) {
    const std::size_t length = length_of_allowed(text, nul);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string to_utf8(std::string_view bytes, Nul nul) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const std::size_t length = length_of_allowed(bytes, nul);
    text += length == 0 ? kReplacementCharacter : bytes.substr(0, length);
    bytes.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return text;
}

std::size_t count_characters(std::string_view text) noexcept {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return !is_continuation(static_cast<std::uint8_t>(c)); }));
}

std::string_view cut_utf8(std::string_view text, std::size_t limit) noexcept {
  if (limit >= text.size()) return text;
  std::size_t border = limit;
  while (border > 0 && limit - border < 3 && is_continuation(byte_at(text, border))) --border;
  return text.substr(0, is_continuation(byte_at(text, border)) ? limit : border);
}

}  // namespace kymo::KYMO_ABI::base
