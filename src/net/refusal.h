#pragma once

#include <kymo/net/http_server.h>

#include "file_descriptor.h"
#include "server_context.h"

namespace kymo::net {

/// For a connection over a limit: 503.
[[nodiscard]] const HttpResponse& too_many_connections();

/// For a request in clear to a server that speaks TLS: 400, as text, since a person who mistyped an address
/// reads it.
[[nodiscard]] const HttpResponse& speaks_https();

/// Tells a connection 503 and closes it, where there is no time: no descriptor may stay open. One that
/// expects TLS is only closed. On the I/O thread only.
void refuse_connection_now(ServerContext& context, FileDescriptor socket) noexcept;

}  // namespace kymo::net
