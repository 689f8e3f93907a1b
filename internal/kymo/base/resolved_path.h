#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::base {

/// A path without symbolic links.
struct ResolvedPath {
  std::string path;  ///< as far as it was followed, where `fault` says why not further
  std::string fault;
};

/// Follows the symbolic links of a path that belong to this user or root. Another user's link may lead to any
/// file that this process may write, so it is a fault. Parts that do not exist stay as written. `fault_of`,
/// if given, judges the path after each link; a text ends the walk. Threads: any. Throws `std::bad_alloc`.
/// Cost: one lstat() a part.
[[nodiscard]] ResolvedPath resolve_path(
    const std::string& path, const std::function<std::string(const std::filesystem::path&)>& fault_of = {});

}  // namespace kymo::KYMO_ABI::base
