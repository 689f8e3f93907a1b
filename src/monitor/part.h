#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <kymo/base/clock.h>
#include <kymo/core/snapshot_writer.h>
#include <kymo/history/store.h>
#include <kymo/live/route.h>
#include <kymo/live/scrape_memory.h>
#include <kymo/live/system_history.h>
#include <kymo/log/logger.h>
#include <kymo/monitor/options.h>
#include <kymo/pulse/snapshot_source.h>
#include <kymo/pulse/tick_listeners.h>
#include <kymo/query/engine.h>

namespace kymo::KYMO_ABI::monitor {

/// One thing that a Monitor does, and all that the Monitor knows of it. The functions own the state of the
/// part. An empty function is never called.
///
/// A new part is one function below and one row of the list in monitor.cc. Its settings are rows of the
/// schema in config_schema.cc.
struct Part {
  std::string name;  ///< of its tick listener; of its producer with `kymo_` in front
  /// Called once, in the order of the list, before the server starts. Logs its failure and goes on.
  std::function<void()> start = {};
  /// Called in the reverse order, after the server and before the tick. May be called twice. Must not throw.
  std::function<void()> stop = {};
  /// Called at each tick, with the tick's interval as its budget; see pulse::TickListeners.
  std::function<void(const pulse::Tick&)> on_tick = {};
  bool wants_snapshot = false;  ///< at each tick
  std::vector<live::Route> routes = {};
  /// Writes the part's metrics into each Snapshot. Must not wait.
  std::function<void(SnapshotWriter&)> write = {};
  /// The reason why the Monitor is not ready; empty: the part is ready. Any thread; must not wait.
  std::function<std::string()> why_not_ready = {};
};

class Rules;

/// Shared by the parts of a Monitor, and outlives them.
struct PartContext {
  const MonitorOptions& options;
  pulse::SnapshotSource& snapshots;
  const base::Clock& clock;
  const log::Logger& logger;
};

/// The limits of the queries of clients and of rules.
[[nodiscard]] query::EngineOptions engine_options(const QueryOptions& options);

/// Measures host and process at each tick, for each Snapshot. Not ready before the first measurement.
[[nodiscard]] Part make_host_part(const PartContext& context);
/// Keeps each tick in the store, which may be null, and shows the host's past.
[[nodiscard]] Part make_history_part(history::Store* store, const live::SystemHistory& history);
/// `/api/v1/…` and `/federate`: PromQL over the store, which may be null.
[[nodiscard]] Part make_query_part(const PartContext& context, const history::Store* store,
                                   const std::shared_ptr<live::ScrapeMemory>& memory,
                                   const std::shared_ptr<const Rules>& rules);
/// `/api/profile…`: the process' profiler.
[[nodiscard]] Part make_profile_part(const PartContext& context);
/// Shows the PeerTable of the options.
[[nodiscard]] Part make_peers_part(const PartContext& context);
/// Shows the SessionLog of the options, and writes its checkpoints.
[[nodiscard]] Part make_sessions_part(const PartContext& context);
/// `/ws/metrics`: sends changes to live connections on a thread of its own, `kymo-live`.
[[nodiscard]] Part make_live_part(const PartContext& context);
/// `/metrics`, `/api/metrics…`, the dashboard, and an index of these and the `others`. `why_not_ready`: of
/// the whole Monitor.
[[nodiscard]] Part make_scrape_part(const PartContext& context, const live::SystemHistory& history,
                                    const std::shared_ptr<live::ScrapeMemory>& memory,
                                    std::function<std::string()> why_not_ready,
                                    const std::vector<live::Route>& others);

}  // namespace kymo::KYMO_ABI::monitor
