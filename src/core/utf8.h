#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// UTF-8 as label values need it (RFC 3629: no overlong forms, no surrogates). NUL counts as unclean, because
/// the Prometheus text parsers end a value there.
namespace kymo::inline v0::utf8 {

/// Bytes of the well-formed character at the start of `text`; 0 where there is none.
[[nodiscard]] std::size_t character_length(std::string_view text) noexcept;

[[nodiscard]] bool is_clean(std::string_view text) noexcept;

/// Of well-formed text.
[[nodiscard]] std::size_t count_characters(std::string_view clean) noexcept;

/// The text with U+FFFD for every byte that belongs to no well-formed character, and for NUL.
[[nodiscard]] std::string cleaned(std::string_view text);

/// The largest n <= limit at which `text` may be cut without splitting a character.
[[nodiscard]] std::size_t border_at_or_before(std::string_view text, std::size_t limit) noexcept;

}  // namespace kymo::inline v0::utf8
