#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include <kymo/version.h>

namespace kymo::KYMO_ABI {

/// The `le` bounds of an exponential histogram in text formats: powers of two, where its counts are
/// exact, over the usual range of the unit. All families of a unit have the same ones, so series can be
/// added.
[[nodiscard]] std::shared_ptr<const std::vector<double>> default_text_bounds(std::string_view unit);

}  // namespace kymo::KYMO_ABI
