#pragma once

#include <memory>
#include <vector>

#include <kymo/live/route.h>

#include "../snapshot_outputs.h"

namespace kymo::KYMO_ABI::live {

/// GET /api/metrics and below: the same Snapshot as JSON, whole and in parts.
[[nodiscard]] std::vector<Route> api_metrics_routes(const std::shared_ptr<SnapshotOutputs>& outputs);

}  // namespace kymo::KYMO_ABI::live
