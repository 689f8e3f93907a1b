#pragma once

#include <string>

#include <kymo/live/route.h>

#include "../embedded_file.h"

namespace kymo::KYMO_ABI::live {

/// A route that serves a file of the program, typed by its extension. It has a strong ETag of its bytes, is
/// answered with 304 to who has it, and is sent as gzip to who prefers that; it is compressed once, when
/// first asked for. A browser may keep it but asks each time whether it is still the one: names stay when a
/// program is replaced.
[[nodiscard]] Route file_route(const EmbeddedFile& file, std::string path, std::string about = {});

}  // namespace kymo::KYMO_ABI::live
