#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include <kymo/monitor/options.h>

namespace kymo::KYMO_ABI::monitor {

/// Shorter ones could be guessed; longer ones are no token but some other file.
inline constexpr std::size_t kMinTokenBytes = 16;
inline constexpr std::size_t kMaxTokenBytes = 512;

/// The fault of a token, or nothing: a token has 16 to 512 of the characters in RFC 6750, section 2.1, all of
/// which are valid in a cookie. The message never quotes the token.
[[nodiscard]] std::optional<std::string> token_fault(std::string_view token);

/// The reason for a missing token: `TOKEN.txt has 3 characters; expected 16 to 512 …`.
struct TokenError {
  std::string message;
};

/// Reads the token in a file, without surrounding blanks and newlines. Threads: any. Throws nothing but
/// `std::bad_alloc`.
[[nodiscard]] std::variant<std::string, TokenError> read_token_file(const std::string& path);

/// The fault in access options, or nothing: an unusable token, or an address that other machines reach
/// without a token and without `insecure`.
[[nodiscard]] std::optional<std::string> access_fault(const MonitorOptions& options);

}  // namespace kymo::KYMO_ABI::monitor
