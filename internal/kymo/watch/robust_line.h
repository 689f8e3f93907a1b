#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::watch {

/// The straight line that most points agree on, with its confidence.
struct Line {
  double slope = 0;  ///< y per x
  double intercept = 0;
  double r_squared = 0;  ///< share of y's scatter that the line explains, 0 to 1; 0 if y has none
  double slope_low = 0;  ///< the slope is between these two, with 95 % confidence
  double slope_high = 0;
  std::size_t points = 0;
};

/// Fits a line; nothing for less than 3 points, for values that are not finite, or if x does not vary.
///
/// The slope is the median of the slopes of all pairs of points, which up to 29 % of outliers do not move.
/// The interval holds the slopes whose ranks chance allows. Consecutive readings correlate and say less than
/// independent ones, so correlated deviations widen the interval. Sources: Theil (1950) and Sen, JASA 63
/// (1968), 1379; for the widening Santer et al., JGR 105 (2000), eq. 6. Threads: any. Cost: grows with the
/// square of the points; 0.1 ms for 64.
[[nodiscard]] std::optional<Line> fit_robust_line(std::span<const double> x, std::span<const double> y);

/// Confidence that y rises with its order: Kendall's score in standard deviations. Without a trend
/// its distribution is normal. 0 for less than 3 points. Source: Mann, Econometrica 13 (1945),
/// 245.
[[nodiscard]] double trend_score(std::span<const double> y);

}  // namespace kymo::KYMO_ABI::watch
