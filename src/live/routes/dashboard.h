#pragma once

#include <span>
#include <vector>

#include <kymo/live/route.h>

#include "../embedded_file.h"

namespace kymo::KYMO_ABI::live {

/// The files of the dashboard, embedded from web/. Threads: any.
[[nodiscard]] std::span<const EmbeddedFile> dashboard_files();

/// GET / (`index.html`) and a route for each other file. See file_route().
[[nodiscard]] std::vector<Route> dashboard_routes(std::span<const EmbeddedFile> files);

}  // namespace kymo::KYMO_ABI::live
