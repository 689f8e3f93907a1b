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

/// Whether an Origin, such as `http://127.0.0.1:9464`, is of the host in a Host field. The scheme is only
/// asked for its default port: what stands in front of this server may have taken TLS off. `null` is of none.
[[nodiscard]] bool is_same_host(std::string_view origin, std::string_view host) noexcept;

/// The client's wish for permessage-deflate, to be granted or not; empty where there is none that can be: a
/// window of 2^8 bytes cannot be had from zlib.
[[nodiscard]] std::string_view deflate_offer(const RequestHead& head) noexcept;

}  // namespace kymo::net
