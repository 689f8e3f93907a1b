#pragma once

#include <kymo/core/registry.h>
#include <kymo/monitor/options.h>

namespace kymo::KYMO_ABI::monitor {

/// Adds the figures of the options' PeerTable and SessionLog to the registry's Snapshots, as long as the
/// returned object lives.
[[nodiscard]] Registration export_peers(Registry& registry, const MonitorOptions& options);

}  // namespace kymo::KYMO_ABI::monitor
