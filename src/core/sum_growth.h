#pragma once

#include <kymo/version.h>

namespace kymo::KYMO_ABI {

/// `now` − `before` of a sum of doubles, to the last decimal place that `now` holds: 0.1 + 0.2 − 0.1 is 0.2.
/// Ascends with `now`, so that a counter never falls.
[[nodiscard]] double sum_growth(double now, double before) noexcept;

}  // namespace kymo::KYMO_ABI
