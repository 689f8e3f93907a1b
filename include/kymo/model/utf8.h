#pragma once

#include <cstddef>
#include <string_view>

namespace kymo::model {

/// What stands for a byte that belongs to no character.
inline constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";

/// Bytes of the well-formed character that `text` begins with, 1 to 4; 0 where there is none (RFC 3629: no
/// overlong forms, no surrogates). `text` is not empty.
[[nodiscard]] std::size_t utf8_length(std::string_view text) noexcept;

}  // namespace kymo::model
