#pragma once

#include <kymo/base/file_descriptor.h>
#include <kymo/net/http_server.h>

#include "server_context.h"

namespace kymo::KYMO_ABI::net {

/// 503 for a connection over a limit while all its places are busy. `limits` are those of the server.
[[nodiscard]] HttpResponse too_many_connections(ConnectionTable::Room room,
                                                const ConnectionTable::Limits& limits);

/// 503 for a WebSocket over a limit, with the remedy.
[[nodiscard]] HttpResponse too_many_websockets(ConnectionTable::Stream stream,
                                               const ConnectionTable::Limits& limits);

/// 400 for a plain request to a TLS server, as text, since a person who mistyped a URL reads
/// it.
[[nodiscard]] const HttpResponse& speaks_https();

/// Sends 503 over a plain connection, without waiting. On the I/O thread only.
void tell_too_many_now(ServerContext& context, int socket, ConnectionTable::Room room) noexcept;

/// Sends 503 and closes at once: no descriptor may stay open. A TLS connection is only closed. On the I/O
/// thread only.
void refuse_connection_now(ServerContext& context, base::FileDescriptor socket,
                           ConnectionTable::Room room) noexcept;

}  // namespace kymo::KYMO_ABI::net
