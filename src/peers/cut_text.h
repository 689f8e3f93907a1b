#pragma once

#include <cstddef>
#include <string_view>

namespace kymo::peers {

/// The first `limit` bytes at most, without part of a character at the end (where the text is UTF-8).
[[nodiscard]] inline std::string_view cut_text(std::string_view text, std::size_t limit) noexcept {
  if (text.size() <= limit) return text;
  const auto is_inside = [&](std::size_t at) {
    return (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
  };
  std::size_t end = limit;
  while (end > 0 && is_inside(end)) --end;
  return text.substr(0, end == 0 ? limit : end);
}

}  // namespace kymo::peers
