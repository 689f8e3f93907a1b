#include <kymo/packs/http.h>

#include "latency.h"

namespace kymo::KYMO_ABI::packs {

HttpMetrics::HttpMetrics(Registry& registry, const SeriesPolicy& series)
    : requests_total(
          registry.family<Counter, "method", "route", "status_code", kSessionId, kStage, kDirection, kStatus,
                          kModel>("http_requests_total", "HTTP requests answered.", {.series = series})),
      request_duration_seconds(registry.family<Histogram, "method", "route", "status_code", kSessionId,
                                               kStage, kDirection, kStatus, kModel>(
          "http_request_duration_seconds", "Time from an HTTP request's arrival to the end of its answer.",
          latency_options(series))),
      active_connections(registry.family<UpDownCounter, "route", kStage, kDirection, kSessionId, kModel>(
          "http_active_connections", "HTTP connections that are open now.", {.series = series})),
      errors_total(registry.family<Counter, "method", "route", "error_type">(
          "http_errors_total", "HTTP requests that failed, by kind of error.", {.series = series})),
      timeout_total(registry.family<Counter, "method", "route">(
          "http_timeout_total", "HTTP requests that timed out.", {.series = series})) {}

}  // namespace kymo::KYMO_ABI::packs
