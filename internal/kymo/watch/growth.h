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

/// The time to skip at the beginning of a judgement, while a program fills its caches: a sixth of the watched
/// time, at least 1 s, at most 2 min.
[[nodiscard]] double warm_up_seconds(double watched_seconds) noexcept;

/// Growth of an amount during a watch.
struct Growth {
  Line line;         ///< over seconds, of its least values, without its steps
  double first = 0;  ///< least value in the first part of the time
  double last = 0;   ///< least value in the last part
  int rises = 0;     ///< number of rises of the least value, from part to part
  int steps = 0;     ///< number of comparisons
  double seconds = 0;
  /// The figure grew throughout, by more than `noise`, and to the end. A saw-tooth (garbage collector), one
  /// or two rises (a table that doubles) and a plateau (a cache) are not steady.
  bool is_steady = false;
  /// Not steady, but a longer watch may find that it is: the last third alone grows, to a new height and by
  /// more than `noise`; or growth is steady but for its amount, which is over a quarter of `noise`.
  bool is_unclear = false;
};

/// Judges values over their times; values that are not finite are left out. `noise`: smaller growth is
/// meaningless. Nothing for less than kLeastPoints.
///
/// The time is cut in 8 to 12 parts, by the number of readings. The least value of each part counts: a
/// garbage collector makes it low at least once in a part. The two largest rises between parts are ignored: a
/// large allocation is in one of them, or in two. Growth is steady if: (1) the other changes add up to more
/// than `noise`; (2) all falls are at most a fifth of the other rises; (3) at least three others are rises of
/// at least a quarter of their average; (4) it goes on: the last quarter of the changes has a quarter of the
/// average, and the last part grows; (5) it does not level off: that is, changes that shrink one after the
/// other, with less in the last third than two fifths of the first's; (6) the rank of the readings follows
/// the time by four standard deviations, which pure noise does once in thirty thousand cases. No distance
/// from a straight line is tested. So a late beginning, noise, and the uneven progress of a busy machine hide
/// no growth. If 36 readings in 12 parts are not steady, they are judged in 8 parts too: longer parts contain
/// more of a saw-tooth's lows.
inline constexpr std::size_t kLeastPoints = 18;
[[nodiscard]] std::optional<Growth> judge_growth(std::span<const double> times,
                                                 std::span<const double> values, double noise);

}  // namespace kymo::KYMO_ABI::watch
