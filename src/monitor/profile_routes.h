#pragma once

#include <functional>
#include <memory>
#include <vector>

#include <kymo/core/snapshot.h>
#include <kymo/live/route.h>

namespace kymo::KYMO_ABI::monitor {

/// What the process' profiler recorded: `GET /api/profile?limit=50&slow_ms=10`, `/api/profile/folded` and
/// `/api/profile/trace`; and `POST /api/profile/start`, `/stop` and `/reset`.
///
/// `snapshot`: where the process' own figures are from.
[[nodiscard]] std::vector<live::Route> profile_routes(
    std::function<std::shared_ptr<const Snapshot>()> snapshot);

}  // namespace kymo::KYMO_ABI::monitor
