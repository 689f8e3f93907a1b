#pragma once

#include "file_descriptor.h"
#include "peer.h"
#include "server_context.h"

namespace kymo::net {

/// Serves a connection until it ends. The caller has made room for it. On the I/O thread only.
void serve_connection(ServerContext& context, FileDescriptor socket, Peer peer);

/// Tells a connection 503 and why, and closes it, gently as long as not too many are being told. On the I/O
/// thread only.
void refuse_connection(ServerContext& context, FileDescriptor socket, Peer peer, ConnectionTable::Room room);

}  // namespace kymo::net
