#pragma once

#include <kymo/model/json_writer.h>
#include <kymo/peers/peer_table.h>

namespace kymo::live {

/// The fields of a peer's object.
void write_peer(const peers::PeerState& peer, model::JsonWriter& json);

}  // namespace kymo::live
