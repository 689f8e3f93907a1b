#pragma once

#include <string>
#include <string_view>

#include <kymo/net/http_server.h>

namespace kymo::KYMO_ABI::net {

/// The answer to a request that failed: `{"error":{"status":404,"message":"…","remedy":"…"}}`, never cached.
/// Without a remedy the field is left out. Threads: any.
[[nodiscard]] HttpResponse json_error(int status, std::string_view message, std::string_view remedy = {});

/// As much of what a client sent as an error repeats: 200 bytes. Threads: any.
[[nodiscard]] std::string excerpt(std::string_view text);

}  // namespace kymo::KYMO_ABI::net
