#pragma once

#include <span>
#include <string_view>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::live {

/// A file that is part of the program (cmake/KymoEmbed.cmake).
struct EmbeddedFile {
  std::string_view path;  ///< below its folder, such as "assets/dashboard.js"
  std::string_view bytes;
};

}  // namespace kymo::KYMO_ABI::live
