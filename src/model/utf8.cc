#include <kymo/model/utf8.h>

#include <algorithm>

namespace kymo::model {
namespace {

unsigned byte_at(std::string_view text, std::size_t index) noexcept {
  return static_cast<unsigned char>(text[index]);
}

bool is_continuation(unsigned byte) noexcept { return (byte & 0xC0U) == 0x80U; }

// The code point of `length` well-shaped bytes: the shape alone lets overlong forms and surrogates through.
unsigned code_point(std::string_view text, std::size_t length) noexcept {
  unsigned point = byte_at(text, 0) & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) point = point << 6U | (byte_at(text, i) & 0x3FU);
  return point;
}

}  // namespace

std::size_t utf8_length(std::string_view text) noexcept {
  const unsigned first = byte_at(text, 0);
  if (first < 0x80) return 1;
  const std::size_t length = first < 0xC0 || first > 0xF7 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (length == 0 || length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if (!is_continuation(byte_at(text, i))) return 0;
  }
  constexpr unsigned kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const unsigned point = code_point(text, length);
  const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
  return point < kLeast[length] || point > 0x10FFFF || surrogate ? 0 : length;
}

std::string to_utf8(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const std::size_t length = utf8_length(bytes);
    text += length == 0 ? kReplacementCharacter : bytes.substr(0, length);
    bytes.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return text;
}

std::string_view cut_utf8(std::string_view text, std::size_t limit) noexcept {
  if (text.size() <= limit) return text;
  std::size_t end = limit;
  while (end > 0 && is_continuation(byte_at(text, end))) --end;
  return text.substr(0, end == 0 ? limit : end);
}

}  // namespace kymo::model
