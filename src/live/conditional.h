#pragma once

#include <string>
#include <string_view>

#include <kymo/net/http_server.h>

namespace kymo::KYMO_ABI::live {

/// Smaller texts fit one or two packets anyway.
inline constexpr std::size_t kWorthGzip = 1024;

/// A strong tag of a representation: hash of its bytes, and a suffix for its encoding. In quotes, as in a
/// header.
[[nodiscard]] std::string etag_of(std::string_view bytes, std::string_view suffix = {});

/// True if an `If-None-Match` header names the tag (RFC 9110 13.1.2: weak comparison). Our tags contain no
/// comma.
[[nodiscard]] bool names_etag(std::string_view if_none_match, std::string_view tag);

/// A 200 with the text and an ETag, as gzip if the client prefers that and the size is worth it; or a 304 if
/// the client has it. A cache may store it, but must revalidate each time. Threads: any. Cost: a walk over
/// the text, and its compression.
[[nodiscard]] net::HttpResponse conditional_response(const net::HttpRequest& request,
                                                     std::string_view content_type, std::string text);

}  // namespace kymo::KYMO_ABI::live
