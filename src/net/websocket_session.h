#pragma once

#include <memory>

#include <kymo/net/websocket.h>

#include "connection_slot.h"
#include "request_head.h"
#include "transport.h"

namespace kymo::KYMO_ABI::net {

/// Answers a good handshake (see refuse_handshake()) of `client` and serves the WebSocket until it ends. No
/// effect if WebSockets have used their share of connections. On the I/O thread only.
[[nodiscard]] ConnectionTable::Stream serve_websocket(ServerContext& context, Transport& transport,
                                                      ConnectionSlot& slot, const AddressKey& client,
                                                      const RequestHead& head,
                                                      const std::shared_ptr<WebSocketHandler>& handler);

}  // namespace kymo::KYMO_ABI::net
