#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace kymo::watch {

/// The straight line through points whose squared distances in y are least, and how far it can be trusted.
struct Line {
  double slope = 0;  ///< y per x
  double intercept = 0;
  double r_squared = 0;  ///< how much of y's scatter the line explains, 0 to 1; 0 where y has none
  double slope_low = 0;  ///< between these two the slope is, with 95 % confidence
  double slope_high = 0;
  double deviation = 0;  ///< of the points from the line, standard
  std::size_t points = 0;
};

/// Fits a line; nothing for less than 3 points, for others that are not finite, or where x does not vary.
///
/// Readings that follow one another are alike, so that they say less than as many that were drawn
/// independently: the confidence is that of fewer points, by how much each deviation is like the one before.
/// Source: Santer et al., Statistical significance of trends, JGR 105 (2000), eq. 6. Threads: any.
[[nodiscard]] std::optional<Line> fit_line(std::span<const double> x, std::span<const double> y);

/// How many standard errors about the estimate hold the truth in 95 of 100 cases, with that many degrees of
/// freedom; infinite for less than 1.
[[nodiscard]] double student_95(double degrees_of_freedom);

}  // namespace kymo::watch
