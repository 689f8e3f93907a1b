#pragma once

#include <vector>

#include <kymo/live/route.h>

namespace kymo::KYMO_ABI::live {

/// GET /api: a page with the described routes, and its style sheet. The page has no
/// script, loads nothing from elsewhere, and obeys the Content-Security-Policy of the
/// Router.
[[nodiscard]] std::vector<Route> index_routes(const std::vector<Route>& listed);

}  // namespace kymo::KYMO_ABI::live
