#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::watch {

/// The straight line that most points agree on, and how far it can be trusted.
struct Line {
  double slope = 0;  ///< y per x
  double intercept = 0;
  double r_squared = 0;  ///< how much of y's scatter the line explains, 0 to 1; 0 where y has none
  double slope_low = 0;  ///< between these two the slope is, with 95 % confidence
  double slope_high = 0;
  std::size_t points = 0;
};

/// Fits a line; nothing for less than 3 points, for others that are not finite, or where x does not vary.
///
/// The slope is the median of the slopes of all pairs of points, which up to 29 % of wild points do not move;
/// the interval holds the slopes whose ranks chance allows. Readings that follow one another are alike and
/// say less than as many independent ones, so that alike deviations widen the interval. Sources: Theil (1950)
/// and Sen, JASA 63 (1968), 1379; for the widening Santer et al., JGR 105 (2000), eq. 6. Threads: any. Cost:
/// grows with the square of the points; 0.1 ms for 64.
[[nodiscard]] std::optional<Line> fit_robust_line(std::span<const double> x, std::span<const double> y);

/// How sure it is that y rises with its order: Kendall's score in standard deviations, which is that of a
/// normal distribution where there is no trend. 0 for less than 3 points. Source: Mann, Econometrica 13
/// (1945), 245.
[[nodiscard]] double trend_score(std::span<const double> y);

}  // namespace kymo::KYMO_ABI::watch
