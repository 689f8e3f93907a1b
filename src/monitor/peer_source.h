#pragma once

#include <kymo/core/registry.h>
#include <kymo/live/past_sessions.h>
#include <kymo/live/peers.h>
#include <kymo/monitor/options.h>

namespace kymo::monitor {

/// What the options' PeerTable knows, as `/api/metrics/peers` and `/api/metrics/network` show it. Where peers
/// are to be anonymous, ids are model::anonymous_id() of them, by which they are asked for too, and names are
/// empty. The table must outlive what is given.
[[nodiscard]] live::PeerSource peer_source(const MonitorOptions& options);

/// What the options' SessionLog knows, as `/api/metrics/sessions` shows it; ids as in peer_source().
[[nodiscard]] live::PastSessionsSource past_sessions_source(const MonitorOptions& options);

/// Lets the registry's Snapshots have the figures of both, as long as what is given lives.
[[nodiscard]] Registration export_peers(Registry& registry, const MonitorOptions& options);

}  // namespace kymo::monitor
