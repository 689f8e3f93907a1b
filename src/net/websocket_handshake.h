#pragma once

#include <optional>
#include <string>

#include <kymo/net/http_server.h>

#include "request_head.h"

namespace kymo::KYMO_ABI::net {

/// The response that refuses a request as a WebSocket; nothing for a good handshake (RFC 6455 4.2.1).
///
/// A browser lets any page open a WebSocket to any host, with cookies, but sends the page's true Origin (RFC
/// 6455 10.2). So an Origin other than the requested host gets 403. Programs send none.
[[nodiscard]] std::optional<HttpResponse> refuse_handshake(const RequestHead& head);

/// The client's first acceptable offer of permessage-deflate, in its plainest form; empty: none.
/// Invalid offers are skipped, and offers of a window of 2^8 bytes, which zlib cannot provide (RFC 7692
/// 5, 7.1).
[[nodiscard]] std::string deflate_offer(const RequestHead& head);

}  // namespace kymo::KYMO_ABI::net
