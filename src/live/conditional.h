#pragma once

#include <string>
#include <string_view>

#include <kymo/net/http_server.h>

namespace kymo::KYMO_ABI::live {

/// Below it, all fits one or two packets anyway.
inline constexpr std::size_t kWorthGzip = 1024;

/// A strong tag of a representation: its bytes, and what was done to them. In quotes, as a header has it.
[[nodiscard]] std::string etag_of(std::string_view bytes, std::string_view suffix = {});

/// Whether an `If-None-Match` header names the tag (RFC 9110 13.1.2: weak comparison). Our tags hold no
/// comma.
[[nodiscard]] bool names_etag(std::string_view if_none_match, std::string_view tag);

/// A 200 with the text: as gzip to who prefers that and where it is worth it, with an ETag; or a 304 to who
/// has it already. A cache may keep it, but asks each time. Threads: any. Cost: a walk over the text, and its
/// compression.
[[nodiscard]] net::HttpResponse conditional_response(const net::HttpRequest& request,
                                                     std::string_view content_type, std::string text);

}  // namespace kymo::KYMO_ABI::live
