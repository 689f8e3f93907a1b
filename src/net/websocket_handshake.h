#pragma once

#include <optional>
#include <string>

#include <kymo/net/http_server.h>

#include "request_head.h"

namespace kymo::KYMO_ABI::net {

/// Why a request cannot become a WebSocket, as the response to send; nothing where it can (RFC 6455 4.2.1).
///
/// A browser lets any page open a WebSocket to anywhere and send cookies along; what it does tell truly is
/// the page's Origin (RFC 6455 10.2). So one that is not of the host asked gets 403. Programs send none.
[[nodiscard]] std::optional<HttpResponse> refuse_handshake(const RequestHead& head);

/// The first of the client's offers of permessage-deflate that can be granted, in its plainest form; empty
/// where there is none. An offer that breaks the rules, or asks for a window of 2^8 bytes, which zlib cannot
/// give, is passed over (RFC 7692 5, 7.1).
[[nodiscard]] std::string deflate_offer(const RequestHead& head);

}  // namespace kymo::KYMO_ABI::net
