#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <kymo/version.h>

/// UTF-8 by RFC 3629: no overlong forms, no surrogates. Threads: any. Errors: none but `std::bad_alloc`.
namespace kymo::KYMO_ABI::base {

/// Replaces a byte that belongs to no character.
inline constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";

/// Whether NUL counts as a character. Prometheus' text parsers end a value at NUL.
enum class Nul : std::uint8_t { allowed, refused };

/// Bytes of the well-formed character at the start of `text`, 1 to 4; 0 where there is none.
[[nodiscard]] std::size_t utf8_length(std::string_view text) noexcept;

[[nodiscard]] bool is_utf8(std::string_view text, Nul nul = Nul::allowed) noexcept;

/// The text with kReplacementCharacter for every byte that belongs to no character.
[[nodiscard]] std::string to_utf8(std::string_view bytes, Nul nul = Nul::allowed);

/// Number of characters in well-formed text.
[[nodiscard]] std::size_t count_characters(std::string_view text) noexcept;

/// The text cut to at most `limit` bytes. Cuts no character of well-formed text.
[[nodiscard]] std::string_view cut_utf8(std::string_view text, std::size_t limit) noexcept;

}  // namespace kymo::KYMO_ABI::base
