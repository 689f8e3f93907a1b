#pragma once

#include <cstdint>

#include <boost/asio/ip/tcp.hpp>

#include "server/engine.h"
#include "server/room.h"

namespace voice {

/// Serves a connected client: WebSocket handshake, session, farewell. Returns at once; the client is a member
/// of the room until its connection has ended.
void serve_websocket(boost::asio::ip::tcp::socket socket, std::uint64_t session_id, Engine& engine,
                     Room& room);

}  // namespace voice
