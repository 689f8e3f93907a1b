#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include <kymo/live/query_api.h>

/// The parts of Prometheus' HTTP API. Source: Prometheus 3.14, "HTTP API".
namespace kymo::KYMO_ABI::live {

/// The reader of the past. Throws ApiError where the process keeps none.
[[nodiscard]] const series::SeriesReader& past_of(const QueryApi& api);

/// The parameter `match[]`. Throws ApiError.
[[nodiscard]] std::vector<series::Matcher> selector_of(const QueryApi& api, std::string_view text);

/// `query`, `query_range`, `format_query`, `parse_query`.
[[nodiscard]] std::vector<Route> expression_routes(const std::shared_ptr<const QueryApi>& api);
/// `series`, `labels`, `label/{name}/values`, `metadata`, `query_exemplars`.
[[nodiscard]] std::vector<Route> series_routes(const std::shared_ptr<const QueryApi>& api);
/// `status/…`, `targets`, `rules`, `alerts`.
[[nodiscard]] std::vector<Route> status_routes(const std::shared_ptr<const QueryApi>& api);
/// GET /federate: the last sample of each series that fits `match[]`, as Prometheus text.
[[nodiscard]] Route federate_route(const std::shared_ptr<const QueryApi>& api);

}  // namespace kymo::KYMO_ABI::live
