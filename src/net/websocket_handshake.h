#pragma once

#include <optional>
#include <string_view>

#include <kymo/net/http_server.h>

#include "request_head.h"

namespace kymo::net {

/// Why a request cannot become a WebSocket, as the response to send; nothing where it can (RFC 6455 4.2.1).
///
/// A browser lets any page open a WebSocket to anywhere and send cookies along; what it does tell truly is
/// the page's Origin (RFC 6455 10.2). So one that is not of the host asked gets 403. Programs send none.
[[nodiscard]] std::optional<HttpResponse> refuse_handshake(const RequestHead& head);

/// The client's wish for permessage-deflate, to be granted or not; empty where there is none that can be: a
/// window of 2^8 bytes cannot be had from zlib.
[[nodiscard]] std::string_view deflate_offer(const RequestHead& head) noexcept;

}  // namespace kymo::net
