#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::live {

/// The known paths that `path` may be a typing error of: a few letters apart, or one a prefix of the other.
/// At most three, the nearest first. Cost: bounded for any length of `path`.
[[nodiscard]] std::vector<std::string> similar_paths(std::string_view path,
                                                     const std::vector<std::string>& known);

}  // namespace kymo::KYMO_ABI::live
