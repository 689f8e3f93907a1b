#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace kymo::model {

/// What stands for a byte that belongs to no character.
inline constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";

/// Bytes of the well-formed character that `text` begins with, 1 to 4; 0 where there is none (RFC 3629: no
/// overlong forms, no surrogates). `text` is not empty.
[[nodiscard]] std::size_t utf8_length(std::string_view text) noexcept;

/// The text with kReplacementCharacter for every byte that belongs to no character: any bytes made UTF-8.
[[nodiscard]] std::string to_utf8(std::string_view bytes);

/// The first `limit` bytes at most, without part of a character at the end (where the text is UTF-8).
[[nodiscard]] std::string_view cut_utf8(std::string_view text, std::size_t limit) noexcept;

}  // namespace kymo::model
