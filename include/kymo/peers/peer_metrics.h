#pragma once

#include <cstddef>

#include <kymo/core/snapshot_writer.h>

namespace kymo::KYMO_ABI::peers {

class PeerTable;
class SessionLog;

struct PeerMetricsOptions {
  /// Maximum number of peers with their own series, in the order of adding. The others count in
  /// `kymo_peers_unlabelled`, by status, and in the network's quality.
  std::size_t max_peers = 100;
  /// True: the label `peer` is base::anonymous_id() of the id, not the id itself.
  bool anonymous = false;
};

/// Writes `kymo_peer_…`, `kymo_peers…` and `kymo_network_quality_score`: see docs/reference/metrics.md. For
/// Registry::add_producer(); a Monitor calls it for MonitorOptions::peers.table.
///
/// Threads: any. Cost: some 10 us a peer with series of its own.
KYMO_API void write_peer_metrics(const PeerTable& table, const PeerMetricsOptions& options,
                                 SnapshotWriter& writer);

/// Writes `kymo_peer_sessions…`. Threads: any.
KYMO_API void write_session_metrics(const SessionLog& log, SnapshotWriter& writer);

}  // namespace kymo::KYMO_ABI::peers
