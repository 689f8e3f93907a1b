#pragma once

#include <cmath>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::format {

/// Rounds to that many decimals, for people. NaN and infinities stay.
[[nodiscard]] inline double rounded(double number, int digits) noexcept {
  const double scale = std::pow(10.0, digits);
  const double scaled = std::round(number * scale) / scale;
  return std::isfinite(scaled) ? scaled : number;  // a number too large to scale has no decimals
}

/// A share of 1 as percent, to a hundredth.
[[nodiscard]] inline double percent(double ratio) noexcept { return rounded(ratio * 100, 2); }

}  // namespace kymo::KYMO_ABI::format
