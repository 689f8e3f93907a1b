#pragma once

#include <kymo/base/file_descriptor.h>

#include "peer.h"
#include "server_context.h"

namespace kymo::KYMO_ABI::net {

/// Serves a connection until it ends. The caller has made `room` for it, or reserved room. In
/// reserved room a health check is answered; other requests get 503 with the reason. On the I/O
/// thread only.
void serve_connection(ServerContext& context, base::FileDescriptor socket, Peer peer,
                      ConnectionTable::Room room);

}  // namespace kymo::KYMO_ABI::net
