#pragma once

#include <string>
#include <string_view>

#include <kymo/net/http_server.h>

namespace kymo::net {

/// Appends `text` as a JSON string with its quotes (RFC 8259 7). Each byte that is not valid UTF-8 becomes
/// U+FFFD, so that the result is always valid JSON. Threads: any.
void append_json_string(std::string_view text, std::string& out);

/// The answer to a request that failed: `{"error":{"status":404,"message":"…","remedy":"…"}}`, never cached.
/// Without a remedy the field is left out. Threads: any.
[[nodiscard]] HttpResponse json_error(int status, std::string_view message, std::string_view remedy = {});

}  // namespace kymo::net
