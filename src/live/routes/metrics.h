#pragma once

#include <memory>

#include <kymo/live/route.h>

#include "../snapshot_outputs.h"

namespace kymo::KYMO_ABI::live {

/// GET /metrics: for scrapers. Prometheus text 0.0.4, or OpenMetrics 1.0 where `Accept` prefers it;
/// `?format=prometheus|openmetrics|json` overrules that.
[[nodiscard]] Route metrics_route(std::shared_ptr<SnapshotOutputs> outputs);

}  // namespace kymo::KYMO_ABI::live
