#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::live {

/// Of the known paths, those that `path` may be a slip of: few letters apart, or one the beginning of the
/// other. Three at most, the nearest first. Cost: bounded, whatever the length of `path`.
[[nodiscard]] std::vector<std::string> similar_paths(std::string_view path,
                                                     const std::vector<std::string>& known);

}  // namespace kymo::KYMO_ABI::live
