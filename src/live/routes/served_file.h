#pragma once

#include <string>

#include <kymo/live/route.h>

#include "../embedded_file.h"

namespace kymo::KYMO_ABI::live {

/// A route for a file of the program, typed by its extension. The response has a strong ETag, is 304
/// if the client has the file, and gzip if the client prefers that. The file is compressed once, at
/// the first request. A browser may store it but must revalidate: names stay when a program is
/// replaced.
[[nodiscard]] Route file_route(const EmbeddedFile& file, std::string path, std::string about = {});

}  // namespace kymo::KYMO_ABI::live
