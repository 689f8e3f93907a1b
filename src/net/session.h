#pragma once

#include "file_descriptor.h"
#include "peer.h"
#include "server_context.h"

namespace kymo::net {

/// Serves a connection until it ends. The caller has made room for it. On the I/O thread only.
void serve_connection(ServerContext& context, FileDescriptor socket, Peer peer);

/// Serves a connection over a limit, for which `room` says there is no place: a health check is answered,
/// anybody else told 503 and why. The caller has made reserved room for it. On the I/O thread only.
void serve_reserved(ServerContext& context, FileDescriptor socket, Peer peer, ConnectionTable::Room room);

}  // namespace kymo::net
