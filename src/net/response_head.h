#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <kymo/net/http_server.h>

namespace kymo::KYMO_ABI::net {

/// Whether the connection stays open after a response.
enum class After : std::uint8_t { keep, close };

/// Inputs of a response's head besides the response.
struct ResponseContext {
  std::string_view server_name;
  std::chrono::system_clock::time_point now;
  After after = After::close;
  bool is_http_1_0 = false;
};

/// A generated body goes in chunks, which HTTP/1.0 does not have.
[[nodiscard]] inline bool is_chunked(const HttpBody& body, bool is_http_1_0) noexcept {
  return body.generator() != nullptr && !is_http_1_0;
}

/// False for a handler's response that would break the message: a status outside 200..599, a header name
/// that is no token, or a value with a control character, by which a client's bytes could become headers of
/// ours.
[[nodiscard]] bool is_sendable(const HttpResponse& response) noexcept;

/// Status line and headers with the empty line. A handler's own framing headers are dropped.
[[nodiscard]] std::string render_head(const HttpResponse& response, const ResponseContext& context);

/// The line before a chunk of a body (RFC 9112 7.1).
[[nodiscard]] std::string chunk_head(std::size_t bytes);

/// 204 and 304 have no body (RFC 9110 6.4.1).
[[nodiscard]] bool may_have_body(int status) noexcept;

/// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 5.6.7), in any locale.
[[nodiscard]] std::string http_date(std::chrono::system_clock::time_point time);

}  // namespace kymo::KYMO_ABI::net
