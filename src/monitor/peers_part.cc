#include <utility>

#include <kymo/live/peers.h>
#include <kymo/peers/peer_metrics.h>
#include <kymo/peers/session_log.h>

#include "part.h"

namespace kymo::KYMO_ABI::monitor {
namespace {

live::PeerIds ids_of(const PeerOptions& options) {
  return options.anonymous ? live::PeerIds::anonymous : live::PeerIds::own;
}

}  // namespace

Part make_peers_part(const PartContext& context) {
  const PeerOptions& options = context.options.peers;
  Part part{.name = "peers", .routes = live::peer_routes(options.table, ids_of(options))};
  if (options.table == nullptr) return part;
  part.write = [&table = *options.table, shown = peers::PeerMetricsOptions{.max_peers = options.max_labelled,
                                                                           .anonymous = options.anonymous}](
                   SnapshotWriter& writer) { write_peer_metrics(table, shown, writer); };
  return part;
}

Part make_sessions_part(const PartContext& context) {
  const PeerOptions& options = context.options.peers;
  Part part{.name = "sessions", .routes = {live::past_sessions_route(options.sessions, ids_of(options))}};
  if (options.sessions == nullptr) return part;
  part.on_tick = [&log = *options.sessions](const pulse::Tick&) { log.checkpoint(); };
  part.write = [&log = *options.sessions](SnapshotWriter& writer) { write_session_metrics(log, writer); };
  return part;
}

}  // namespace kymo::KYMO_ABI::monitor
