#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include <kymo/version.h>

namespace kymo::KYMO_ABI {

/// The `le` bounds that an exponential histogram shows in text formats: powers of two, because there its
/// counts are exact, over the range in which values of that unit are looked at. The same for every family of
/// a unit, so that series add up.
[[nodiscard]] std::shared_ptr<const std::vector<double>> default_text_bounds(std::string_view unit);

}  // namespace kymo::KYMO_ABI
