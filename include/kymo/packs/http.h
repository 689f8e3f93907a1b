#pragma once

#include <kymo/core/counter.h>
#include <kymo/core/family.h>
#include <kymo/core/histogram.h>
#include <kymo/core/registry.h>
#include <kymo/packs/labels.h>

namespace kymo::KYMO_ABI::packs {

/// Requests of an HTTP server and its responses.
///
///     kymo::packs::HttpMetrics http(registry, {.expire_after = std::chrono::minutes(10)});
///     http.requests_total.with("GET", "/call/{id}", 200, session, "stt", "in", "ok", model).add();
///
/// `route` is the pattern ("/call/{id}"), never the path that a client sent; `session_id` comes from
/// sampled_session_id(). `series` applies to each family. Threads: any. Errors: a second one on the same
/// registry is a registration error.
class KYMO_API HttpMetrics final {
 public:
  explicit HttpMetrics(Registry& registry, const SeriesPolicy& series = {});

  /// `http_requests_total`
  Family<Counter, "method", "route", "status_code", kSessionId, kStage, kDirection, kStatus, kModel>
      requests_total;
  /// `http_request_duration_seconds`
  Family<Histogram, "method", "route", "status_code", kSessionId, kStage, kDirection, kStatus, kModel>
      request_duration_seconds;
  /// `http_active_connections`
  Family<UpDownCounter, "route", kStage, kDirection, kSessionId, kModel> active_connections;
  /// `http_errors_total`
  Family<Counter, "method", "route", "error_type"> errors_total;
  /// `http_timeout_total`
  Family<Counter, "method", "route"> timeout_total;
};

}  // namespace kymo::KYMO_ABI::packs
