#pragma once

#include <functional>
#include <memory>
#include <vector>

#include <kymo/core/snapshot.h>
#include <kymo/live/route.h>

namespace kymo::KYMO_ABI::monitor {

/// The routes of the process' profiler: `GET /api/profile?limit=50&slow_ms=10`, `/api/profile/folded` and
/// `/api/profile/trace`; and `POST /api/profile/start`, `/stop` and `/reset`.
///
/// `snapshot`: source of the process' own figures.
[[nodiscard]] std::vector<live::Route> profile_routes(
    std::function<std::shared_ptr<const Snapshot>()> snapshot);

}  // namespace kymo::KYMO_ABI::monitor
