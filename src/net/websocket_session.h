#pragma once

#include <memory>

#include <boost/asio/ip/tcp.hpp>

#include <kymo/net/websocket.h>

#include "connection_slot.h"
#include "request_head.h"

namespace kymo::net {

/// Answers a good handshake (see refuse_handshake()) and serves the WebSocket until it ends. False, and
/// nothing is taken, where WebSockets have their share of the connections. On the I/O thread only.
[[nodiscard]] bool serve_websocket(ServerContext& context, boost::asio::ip::tcp::socket& socket,
                                   ConnectionSlot& slot, const RequestHead& head,
                                   const std::shared_ptr<WebSocketHandler>& handler);

}  // namespace kymo::net
