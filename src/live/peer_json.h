#pragma once

#include <kymo/base/json_writer.h>
#include <kymo/peers/peer_table.h>

namespace kymo::KYMO_ABI::live {

/// The fields of a peer's object.
void write_peer(const peers::PeerState& peer, base::JsonWriter& json);

}  // namespace kymo::KYMO_ABI::live
