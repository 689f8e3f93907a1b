#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <kymo/core/snapshot.h>
#include <kymo/live/metrics_hub.h>
#include <kymo/live/system_history.h>
#include <kymo/monitor/options.h>
#include <kymo/net/http_server.h>

#include "access_guard.h"
#include "self_metrics.h"

namespace kymo::KYMO_ABI::monitor {

/// What the routes of a Monitor are made from; what is referred to must outlive the handler.
struct HandlerParts {
  const MonitorOptions& options;
  const net::Endpoint& listen;
  std::function<std::shared_ptr<const Snapshot>()> snapshot;
  std::function<std::string()> why_not_ready;
  SelfMetrics& self;
  live::MetricsHub& hub;
  std::function<bool()> hub_works;
  const live::SystemHistory& history;
  AccessGuard& access;
  std::function<void()> on_logout;  ///< a login has ended; what it holds open must end
};

/// Everything that a Monitor serves: its own routes and the user's, for names that it may be asked by.
[[nodiscard]] net::HttpServer::Handler make_handler(HandlerParts parts);

/// Whether a path is one of those that answer whatever else is going on.
[[nodiscard]] bool is_health_check(std::string_view path) noexcept;

}  // namespace kymo::KYMO_ABI::monitor
