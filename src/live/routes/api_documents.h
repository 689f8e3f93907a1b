#pragma once

#include <vector>

#include <kymo/live/route.h>

namespace kymo::KYMO_ABI::live {

/// GET /api/openapi.json and /api/asyncapi.json: docs/reference' descriptions of what is served over HTTP and
/// over the live connection, as far as `routes` serve it at the moment, and these two. Source: OpenAPI 3.1.0,
/// AsyncAPI 2.6.0.
[[nodiscard]] std::vector<Route> api_document_routes(std::vector<Route> routes);

}  // namespace kymo::KYMO_ABI::live
