#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "least_squares.h"

namespace kymo::watch {

/// What is left out of a judgement about growth at the beginning, when a program fills its caches: a sixth of
/// the time watched, at least 1 s, at most 2 min.
[[nodiscard]] double warm_up_seconds(double watched_seconds) noexcept;

/// How an amount changed while it was watched.
struct Growth {
  Line line;         ///< over seconds
  double first = 0;  ///< least value in the first part of the time
  double last = 0;   ///< least value in the last part
  int rises = 0;     ///< from one part to the next, how often the least value rose
  int steps = 0;     ///< of how many
  double seconds = 0;
  /// It grew all the time, by more than `noise`, and went on to the end. What comes down
  /// again (a garbage collector's saw-tooth), rises once (a cache that fills) or levels off does not.
  bool is_steady = false;
};

/// Judges values over their times; those that are not finite are left out. `noise`: growth up to this means
/// nothing. Nothing where there are less than kLeastPoints.
///
/// The time is cut in six parts, of each of which the least value counts: what a collector brings down is low
/// in one reading of a part at least. Steady is what (1) has a slope above zero by twice the half of its
/// confidence interval, so that pure noise passes in less than one of ten thousand cases, (2) grew from the
/// first part to the last by more than `noise`, (3) rose in four of five steps, with the last two among them,
/// by a quarter of the average step at least, and (4) fell in none by more than a tenth of the growth.
inline constexpr std::size_t kLeastPoints = 18;
[[nodiscard]] std::optional<Growth> judge_growth(std::span<const double> times,
                                                 std::span<const double> values, double noise);

}  // namespace kymo::watch
