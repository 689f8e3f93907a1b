#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include <kymo/base/ascii.h>
#include <kymo/version.h>

namespace kymo::KYMO_ABI::net {

/// The server itself refuses a request: the status to send, and a sentence for the client. The connection is
/// closed afterwards, since the start of the next request is uncertain.
struct Fault {
  int status = 400;
  std::string message;
};

/// A character of a token (RFC 9110 5.6.2).
[[nodiscard]] constexpr bool is_token_char(char c) noexcept {
  return base::is_alphanumeric(c) || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

[[nodiscard]] constexpr bool is_token(std::string_view text) noexcept {
  return !text.empty() && std::ranges::all_of(text, is_token_char);
}

/// One parsed header or trailer line.
struct HeaderField {
  std::string_view name;
  std::string_view value;  ///< without blanks around it
};

/// Reads a line without its line end (RFC 9112 5, without obs-fold). `out` points into `line`.
[[nodiscard]] std::optional<Fault> read_field(std::string_view line, HeaderField& out);

/// Host, Content-Length and Transfer-Encoding decide the addressed host and the end of a message.
[[nodiscard]] bool is_framing_field(std::string_view name) noexcept;

}  // namespace kymo::KYMO_ABI::net
