#pragma once

#include <memory>

#include <kymo/base/file_descriptor.h>
#include <kymo/net/websocket.h>

#include "peer.h"
#include "request_head.h"
#include "server_context.h"
#include "transport.h"

namespace kymo::KYMO_ABI::net {

/// Serves a connection until it ends. The caller has made `room` for it, or reserved room. In
/// reserved room a health check is answered; other requests get 503 with the reason. On the I/O
/// thread only.
void serve_connection(ServerContext& context, base::FileDescriptor socket, Peer peer,
                      ConnectionTable::Room room);

/// Answers a good handshake (see refuse_handshake()) of `client` and serves the WebSocket until it ends. No
/// effect if WebSockets have used their share of connections. On the I/O thread only.
[[nodiscard]] ConnectionTable::Stream serve_websocket(ServerContext& context, Transport& transport,
                                                      ConnectionSlot& slot, const AddressKey& client,
                                                      const RequestHead& head,
                                                      const std::shared_ptr<WebSocketHandler>& handler);

}  // namespace kymo::KYMO_ABI::net
