#pragma once

#include <vector>

#include <kymo/live/route.h>

namespace kymo::KYMO_ABI::live {

/// GET /api/openapi.json and /api/asyncapi.json: the descriptions from docs/reference of HTTP and of the
/// live connection, reduced to the currently served `routes` and these two. Source: OpenAPI 3.1.0, AsyncAPI
/// 2.6.0.
[[nodiscard]] std::vector<Route> api_document_routes(std::vector<Route> routes);

}  // namespace kymo::KYMO_ABI::live
