#include "peer_export.h"

#include <kymo/peers/peer_metrics.h>

namespace kymo::KYMO_ABI::monitor {

Registration export_peers(Registry& registry, const MonitorOptions& options) {
  if (options.peers.table == nullptr && options.peers.sessions == nullptr) return {};
  const peers::PeerMetricsOptions labels{.max_peers = options.peers.max_labelled,
                                         .anonymous = options.peers.anonymous};
  return registry.add_producer(
      [table = options.peers.table, log = options.peers.sessions, labels](SnapshotWriter& writer) {
        if (table != nullptr) write_peer_metrics(*table, labels, writer);
        if (log != nullptr) write_session_metrics(*log, writer);
      },
      {.name = "kymo_peers", .has_deadline = false});
}

}  // namespace kymo::KYMO_ABI::monitor
