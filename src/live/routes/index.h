#pragma once

#include <vector>

#include <kymo/live/route.h>

namespace kymo::KYMO_ABI::live {

/// GET /api: a page that lists the routes which say what they are about; with its style sheet. It has no
/// script, loads the dashboard's icon and nothing from elsewhere, and keeps to the Content-Security-Policy
/// that the Router sets.
[[nodiscard]] std::vector<Route> index_routes(const std::vector<Route>& listed);

}  // namespace kymo::KYMO_ABI::live
