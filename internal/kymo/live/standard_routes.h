#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <kymo/live/peers.h>
#include <kymo/live/route.h>
#include <kymo/live/scrape_memory.h>
#include <kymo/pulse/snapshot_source.h>

namespace kymo::KYMO_ABI::live {

class SystemHistory;
struct Output;

/// Sources of the summary besides a Snapshot; must outlive the routes.
struct SummaryParts {
  const peers::PeerTable* peers = nullptr;  ///< null: there are none
  PeerIds ids = PeerIds::own;
  const SystemHistory* history = nullptr;  ///< null: the host is not measured
};

/// Told after each response with an output, how long it took. Threads: several call it at once. Must not
/// throw.
using OnOutput = std::function<void(const Output& output, std::chrono::nanoseconds duration)>;

/// The routes of every Monitor: `/metrics`, `/api/metrics` with `/summary`, `/server` and `/system` below it,
/// `/api/openapi.json` and `/api/asyncapi.json`, `/healthz`, `/readyz`, the dashboard at `/` and below
/// `/assets`. `/api` is a page that lists these routes and the described ones of `others`. The two documents
/// describe all of them.
///
/// `snapshots` must outlive the routes. The answer to a request has all that happened before the request
/// arrived; without a Snapshot the answer is 503. `why_not_ready`: the text of `/readyz` with 503; empty:
/// ready. Must not block; several threads call it at once. The encodings belong to the routes: one for all
/// who ask at the same time. `memory` holds their texts.
[[nodiscard]] std::vector<Route> make_standard_routes(
    pulse::SnapshotSource& snapshots, std::function<std::string()> why_not_ready,
    const std::vector<Route>& others = {}, const SummaryParts& summary = {},
    const std::shared_ptr<ScrapeMemory>& memory = std::make_shared<ScrapeMemory>(),
    OnOutput on_output = nullptr);

}  // namespace kymo::KYMO_ABI::live
