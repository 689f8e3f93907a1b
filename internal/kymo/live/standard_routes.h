#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <kymo/core/snapshot.h>
#include <kymo/live/peers.h>
#include <kymo/live/route.h>

namespace kymo::KYMO_ABI::live {

class SystemHistory;

/// Sources of the summary besides a Snapshot; must outlive the routes.
struct SummaryParts {
  const peers::PeerTable* peers = nullptr;  ///< null: there are none
  PeerIds ids = PeerIds::own;
  const SystemHistory* history = nullptr;  ///< null: nobody measures the host
};

/// What every Monitor serves: `/metrics`, `/api/metrics` with `/summary`, `/server` and `/system` below it,
/// `/api/openapi.json` and `/api/asyncapi.json`, `/healthz`, `/readyz`, the dashboard at `/` and below
/// `/assets`, and at `/api` a page that lists them and those of `others` that say what they are about. The
/// two documents describe what these and `others` serve.
///
/// `snapshot`: gives what is measured now; a request is answered from one that was asked for after it
/// arrived. Null: none can be had, and the answer is 503. `why_not_ready`: what `/readyz` says with 503;
/// empty: it is ready; must not block. Both may be called from several threads at once. The encodings belong
/// to the routes: one for all who ask at the same time.
[[nodiscard]] std::vector<Route> make_standard_routes(
    std::function<std::shared_ptr<const Snapshot>()> snapshot, std::function<std::string()> why_not_ready,
    const std::vector<Route>& others = {}, const SummaryParts& summary = {});

}  // namespace kymo::KYMO_ABI::live
