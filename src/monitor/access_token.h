#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include <kymo/monitor/options.h>

namespace kymo::KYMO_ABI::monitor {

/// Fewer characters could be guessed, more are no token but a file taken for one.
inline constexpr std::size_t kMinTokenBytes = 16;
inline constexpr std::size_t kMaxTokenBytes = 512;

/// What is wrong with a token, or nothing: 16 to 512 of the characters that RFC 6750, section 2.1, allows,
/// which are those of a cookie too. Says nothing of its text.
[[nodiscard]] std::optional<std::string> token_fault(std::string_view token);

/// Why a token could not be had: `TOKEN.txt has 3 characters; expected 16 to 512 …`.
struct TokenError {
  std::string message;
};

/// The token in a file, without the blanks and ends of line around it.
/// Threads: any. Throws nothing but `std::bad_alloc`.
[[nodiscard]] std::variant<std::string, TokenError> read_token_file(const std::string& path);

/// What is wrong with whom these options let in, or nothing: an unusable token; an address that other
/// machines reach, without a token and without `insecure`.
[[nodiscard]] std::optional<std::string> access_fault(const MonitorOptions& options);

}  // namespace kymo::KYMO_ABI::monitor
