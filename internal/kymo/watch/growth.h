#pragma once

#include <optional>
#include <span>

#include <kymo/watch/robust_line.h>

namespace kymo::KYMO_ABI::watch {

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
