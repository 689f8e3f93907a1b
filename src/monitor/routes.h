#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <kymo/live/metrics_hub.h>
#include <kymo/live/scrape_memory.h>
#include <kymo/live/system_history.h>
#include <kymo/monitor/options.h>
#include <kymo/net/http_server.h>
#include <kymo/pulse/snapshot_source.h>

#include "access_guard.h"
#include "self_metrics.h"

namespace kymo::KYMO_ABI::monitor {

/// The parts of a Monitor's routes; referenced objects must outlive the handler.
struct HandlerParts {
  const MonitorOptions& options;
  const net::Endpoint& listen;
  pulse::SnapshotSource& snapshots;
  std::function<std::string()> why_not_ready;
  SelfMetrics& self;
  live::MetricsHub& hub;
  std::function<bool()> hub_works;
  const live::SystemHistory& history;
  AccessGuard& access;
  std::shared_ptr<live::ScrapeMemory> memory;
  std::function<void()> on_logout;  ///< called after a logout; must close the login's connections
};

/// A handler, and the threads that it needs for a request.
struct Serving {
  net::HttpServer::Handler handle;
  std::function<net::ThreadClass(std::string_view method, std::string_view target)> thread_class;
};

/// All routes of a Monitor: its own and the user's, behind the checks of Host and token.
[[nodiscard]] Serving make_serving(HandlerParts parts);

}  // namespace kymo::KYMO_ABI::monitor
