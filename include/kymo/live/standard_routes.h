#pragma once

#include <functional>
#include <memory>
#include <vector>

#include <kymo/core/snapshot.h>
#include <kymo/live/route.h>

namespace kymo::live {

/// What every Monitor serves: `/metrics`, `/api/metrics` with `/summary`, `/server` and `/system` below it,
/// `/api/openapi.json` and `/api/asyncapi.json`,
/// `/healthz`,
/// `/readyz`, the dashboard at `/` and below `/assets`, and at `/api` a page that lists them and those of
/// `others` that say what they are about.
///
/// `snapshot`: gives what is measured now; a request is answered from one that was asked for after it
/// arrived. `ready`: whether to say so at `/readyz`; must not block. Both may be called from several threads
/// at once. The encodings belong to the routes: one for all who ask at the same time.
[[nodiscard]] std::vector<Route> make_standard_routes(
    std::function<std::shared_ptr<const Snapshot>()> snapshot, std::function<bool()> ready,
    const std::vector<Route>& others = {});

}  // namespace kymo::live
