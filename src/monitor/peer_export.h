#pragma once

#include <kymo/core/registry.h>
#include <kymo/monitor/options.h>

namespace kymo::KYMO_ABI::monitor {

/// Lets the registry's Snapshots have the figures of the options' PeerTable and SessionLog, as long as what
/// is given lives.
[[nodiscard]] Registration export_peers(Registry& registry, const MonitorOptions& options);

}  // namespace kymo::KYMO_ABI::monitor
