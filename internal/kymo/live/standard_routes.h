#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <kymo/core/snapshot.h>
#include <kymo/live/peers.h>
#include <kymo/live/route.h>
#include <kymo/live/scrape_memory.h>

namespace kymo::KYMO_ABI::live {

class SystemHistory;

/// Sources of the summary besides a Snapshot; must outlive the routes.
struct SummaryParts {
  const peers::PeerTable* peers = nullptr;  ///< null: there are none
  PeerIds ids = PeerIds::own;
  const SystemHistory* history = nullptr;  ///< null: the host is not measured
};

/// The routes of every Monitor: `/metrics`, `/api/metrics` with `/summary`, `/server` and `/system` below it,
/// `/api/openapi.json` and `/api/asyncapi.json`, `/healthz`, `/readyz`, the dashboard at `/` and below
/// `/assets`. `/api` is a page that lists these routes and the described ones of `others`. The two documents
/// describe all of them.
///
/// `snapshot` returns current figures; a response uses a Snapshot begun after the request arrived. Null:
/// the response is 503. `why_not_ready`: the text of `/readyz` with 503; empty: ready; must not block.
/// Several threads may call both at once. The routes own the encodings: one for all simultaneous
/// requests. `memory` holds their texts.
[[nodiscard]] std::vector<Route> make_standard_routes(
    std::function<std::shared_ptr<const Snapshot>()> snapshot, std::function<std::string()> why_not_ready,
    const std::vector<Route>& others = {}, const SummaryParts& summary = {},
    const std::shared_ptr<ScrapeMemory>& memory = std::make_shared<ScrapeMemory>());

}  // namespace kymo::KYMO_ABI::live
