#pragma once

#include <string>
#include <string_view>

#include <kymo/net/http_server.h>

namespace kymo::KYMO_ABI::net {

/// The response to a failed request: `{"error":{"status":404,"message":"…","remedy":"…"}}`, never cached.
/// Without a remedy the field is left out. Threads: any.
[[nodiscard]] HttpResponse json_error(int status, std::string_view message, std::string_view remedy = {});

/// The part of a client's text that an error repeats: 200 bytes. Threads: any.
[[nodiscard]] std::string excerpt(std::string_view text);

}  // namespace kymo::KYMO_ABI::net
