#pragma once

#include <span>
#include <vector>

#include <kymo/live/route.h>

#include "../embedded_file.h"

namespace kymo::live {

/// The dashboard of web/, as it was built into this program. Threads: any.
[[nodiscard]] std::span<const EmbeddedFile> dashboard_files();

/// GET / (`index.html`) and a route for each other file. Each has a strong ETag of its bytes, is answered
/// with 304 to who has it, and is sent as gzip to who prefers that; it is compressed once, when first asked
/// for. A browser may keep a file but asks each time whether it is still the one: names stay when a program
/// is replaced.
[[nodiscard]] std::vector<Route> dashboard_routes(std::span<const EmbeddedFile> files);

}  // namespace kymo::live
