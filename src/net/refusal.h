#pragma once

#include <kymo/base/file_descriptor.h>
#include <kymo/net/http_server.h>

#include "server_context.h"

namespace kymo::KYMO_ABI::net {

/// For a connection over a limit, all of whose places are at work: 503. `limits` are those of the server.
[[nodiscard]] HttpResponse too_many_connections(ConnectionTable::Room room,
                                                const ConnectionTable::Limits& limits);

/// For a WebSocket over a limit: 503, with words for whoever can help it.
[[nodiscard]] HttpResponse too_many_websockets(ConnectionTable::Stream stream,
                                               const ConnectionTable::Limits& limits);

/// For a request in clear to a server that speaks TLS: 400, as text, since a person who mistyped an address
/// reads it.
[[nodiscard]] const HttpResponse& speaks_https();

/// Tells a connection in clear 503, as far as that can be done without waiting. On the I/O thread only.
void tell_too_many_now(ServerContext& context, int socket, ConnectionTable::Room room) noexcept;

/// Tells a connection 503 and closes it, where there is no time: no descriptor may stay open. One that
/// expects TLS is only closed. On the I/O thread only.
void refuse_connection_now(ServerContext& context, base::FileDescriptor socket,
                           ConnectionTable::Room room) noexcept;

}  // namespace kymo::KYMO_ABI::net
