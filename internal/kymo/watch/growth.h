#pragma once

#include <optional>
#include <span>

#include <kymo/watch/robust_line.h>

namespace kymo::KYMO_ABI::watch {

/// What is left out of a judgement about growth at the beginning, when a program fills its caches: a sixth of
/// the time watched, at least 1 s, at most 2 min.
[[nodiscard]] double warm_up_seconds(double watched_seconds) noexcept;

/// How an amount changed while it was watched.
struct Growth {
  Line line;         ///< over seconds, of its least values, without its steps
  double first = 0;  ///< least value in the first part of the time
  double last = 0;   ///< least value in the last part
  int rises = 0;     ///< from one part to the next, how often the least value rose
  int steps = 0;     ///< of how many
  double seconds = 0;
  /// The figure grew all the time, by more than `noise`, and to the end. One that comes down again (a garbage
  /// collector's saw-tooth), rises once or twice (a table that doubles) or levels off (a cache) does not.
  bool is_steady = false;
};

/// Judges values over their times; those that are not finite are left out. `noise`: growth up to this means
/// nothing. Nothing where there are less than kLeastPoints.
///
/// The time is cut in 8 to 12 parts, by how many readings there are, of each of which the least value counts:
/// what a collector brings down is low in one reading of a part at least. Of the changes from part to part
/// the two largest rises are left out: a large allocation is in one of them, or in two. Growth is steady
/// where (1) the other changes add up to more than `noise`, (2) all falls are a fifth of the other rises at
/// most, (3) three of the others, or more, are rises of a quarter of their average at least, (4) it goes on:
/// the last quarter of the changes has a quarter of the average, and the last part grows, (5) it does not
/// level off: changes that shrink one after the other, and in the last third are less than two fifths of the
/// first's, and (6) the rank of the readings goes with the time by four standard deviations, which pure noise
/// does in one of thirty thousand cases. A late beginning, noise, and the uneven progress of a busy machine
/// hide no growth from this: no distance from a straight line is asked for. Where 36 readings in 12 parts are
/// not steady, they are judged in 8 parts too, within which more of a saw-tooth comes down.
inline constexpr std::size_t kLeastPoints = 18;
[[nodiscard]] std::optional<Growth> judge_growth(std::span<const double> times,
                                                 std::span<const double> values, double noise);

}  // namespace kymo::KYMO_ABI::watch
