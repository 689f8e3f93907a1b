#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/live/route.h>
#include <kymo/version.h>

namespace kymo::KYMO_ABI::live {

class SnapshotOutputs;

/// A file that is part of the program (cmake/KymoEmbed.cmake).
struct EmbeddedFile {
  std::string_view path;  ///< below its folder, such as "assets/dashboard.js"
  std::string_view bytes;
};

/// GET /api/openapi.json and /api/asyncapi.json: the descriptions from docs/reference of HTTP and of the
/// live connection, reduced to the currently served `routes` and these two. Source: OpenAPI 3.1.0, AsyncAPI
/// 2.6.0.
[[nodiscard]] std::vector<Route> api_document_routes(std::vector<Route> routes);

/// GET /api/metrics and below: the same Snapshot as JSON, whole and in parts.
[[nodiscard]] std::vector<Route> api_metrics_routes(const std::shared_ptr<SnapshotOutputs>& outputs);

/// The files of the dashboard, embedded from web/. Threads: any.
[[nodiscard]] std::span<const EmbeddedFile> dashboard_files();

/// GET / (`index.html`) and a route for each other file. A response has a strong ETag, is 304 if the client
/// has the file, and gzip if the client prefers that.
[[nodiscard]] std::vector<Route> dashboard_routes(std::span<const EmbeddedFile> files);

/// GET /healthz and /-/healthy: 200 as long as the process responds at all. GET /readyz and /-/ready: 200
/// while `why_not_ready()`, which must not block, is empty; otherwise 503 with its text.
[[nodiscard]] std::vector<Route> health_routes(std::function<std::string()> why_not_ready);

/// GET /api: a page with the described routes, and its style sheet. The page has no
/// script, loads nothing from elsewhere, and obeys the Content-Security-Policy of the
/// Router.
[[nodiscard]] std::vector<Route> index_routes(const std::vector<Route>& listed);

/// GET /metrics: for scrapers. Prometheus text 0.0.4, or OpenMetrics 1.0 where `Accept` prefers it;
/// `?format=prometheus|openmetrics|json` overrules that.
[[nodiscard]] Route metrics_route(std::shared_ptr<SnapshotOutputs> outputs);

}  // namespace kymo::KYMO_ABI::live
