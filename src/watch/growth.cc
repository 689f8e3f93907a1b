#include <kymo/watch/growth.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

namespace kymo::KYMO_ABI::watch {
namespace {

/// The normal distribution's two-sided 95 %.
constexpr double kNormal95 = 1.959964;
/// Limits the widening of the interval to four times. A smooth curve, whose deviations correlate fully, would
/// otherwise have no slope at all.
constexpr double kMostWidening = 4;

/// The value of a rank, counted from 0; reorders the values. Clamped to the first and last.
double value_at(std::vector<double>& values, double rank) {
  const auto last = static_cast<double>(values.size() - 1);
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(std::clamp(rank, 0.0, last));
  std::ranges::nth_element(values, at);
  return *at;
}

double median_of(std::vector<double>& values) {
  const double middle = static_cast<double>(values.size() - 1) / 2;
  const double upper = value_at(values, std::ceil(middle));
  return values.size() % 2 == 1 ? upper : (value_at(values, std::floor(middle)) + upper) / 2;
}

/// Slopes of all pairs of points.
std::vector<double> pair_slopes(std::span<const double> x, std::span<const double> y) {
  std::vector<double> slopes;
  slopes.reserve(x.size() * (x.size() - 1) / 2);
  for (std::size_t i = 0; i < x.size(); ++i) {
    for (std::size_t j = i + 1; j < x.size(); ++j) {
      if (x[j] != x[i]) slopes.push_back((y[j] - y[i]) / (x[j] - x[i]));
    }
  }
  return slopes;
}

/// The standard deviation of Kendall's score of so many points without a trend.
double score_deviation(std::size_t count) {
  const auto n = static_cast<double>(count);
  return std::sqrt(n * (n - 1) * (2 * n + 5) / 18);
}

/// Factor of the interval against independent points, from the deviations from the line.
double widening(const std::vector<double>& deviations, double squares) {
  if (squares <= 0) return 1;
  double products = 0;
  for (std::size_t i = 1; i < deviations.size(); ++i) products += deviations[i] * deviations[i - 1];
  const double likeness = std::clamp(products / squares, 0.0, 0.99);
  return std::min(std::sqrt((1 + likeness) / (1 - likeness)), kMostWidening);
}

constexpr std::size_t kLeastParts = 8;
constexpr std::size_t kMostParts = 12;
constexpr std::size_t kReadingsPerPart = 3;
/// Finer parts, for the line and the ranks.
constexpr std::size_t kMostPoints = 48;
constexpr double kMostFall = 0.2;    // of the rises
constexpr double kLeastRise = 0.25;  // of the average
constexpr double kLeastLastRise = 0.125;
constexpr std::size_t kLeastRises = 3;
constexpr double kLevelOff = 0.4;  // of the first third's changes
constexpr double kLevelOffOrder = -0.6;
constexpr double kLeastScore = 4;
/// A third of the fewest readings, six, that rise throughout have a score of 2.8.
constexpr double kLeastLateScore = 2.5;
/// Growth below this share of the noise is not worth a longer watch.
constexpr double kSmallGrowth = 0.25;
/// A change of this many times the others' average is a step.
constexpr double kStepFactor = 3;

struct Points {
  std::vector<double> x, y;
};

/// The least value of each part, with its time. A part without readings, as of a stopped process, repeats the
/// one before.
Points floors_of(const Points& all, std::size_t parts) {
  constexpr double kNone = std::numeric_limits<double>::infinity();
  Points floors{std::vector<double>(parts), std::vector<double>(parts, kNone)};
  const double begin = all.x.front();
  const double length = (all.x.back() - begin) / static_cast<double>(parts);
  for (std::size_t i = 0; i < all.x.size(); ++i) {
    const auto part = std::min(parts - 1, static_cast<std::size_t>((all.x[i] - begin) / length));
    if (all.y[i] >= floors.y[part]) continue;
    floors.x[part] = all.x[i];
    floors.y[part] = all.y[i];
  }
  for (std::size_t i = 1; i < parts; ++i) {
    if (floors.y[i] != kNone) continue;
    floors.x[i] = begin + (static_cast<double>(i) + 0.5) * length;
    floors.y[i] = floors.y[i - 1];
  }
  return floors;
}

std::vector<double> changes_of(const std::vector<double>& values) {
  std::vector<double> changes(values.size() - 1);
  for (std::size_t i = 1; i < values.size(); ++i) changes[i - 1] = values[i] - values[i - 1];
  return changes;
}

double sum_of(std::span<const double> values) { return std::accumulate(values.begin(), values.end(), 0.0); }
double average_of(std::span<const double> values) {
  return sum_of(values) / static_cast<double>(values.size());
}

/// The changes from part to part, and statistics without the two largest.
struct Changes {
  std::vector<double> all;
  std::vector<double> rest;  ///< in the order of time
  double grown = 0;          ///< by the rest
  double average = 0;        ///< of the rest
};

Changes without_largest_two(std::vector<double> all) {
  Changes changes{.all = std::move(all), .rest = {}};
  changes.rest = changes.all;
  for (int i = 0; i < 2; ++i) changes.rest.erase(std::ranges::max_element(changes.rest));
  changes.grown = sum_of(changes.rest);
  changes.average = average_of(changes.rest);
  return changes;
}

bool comes_down(const Changes& changes) {
  double falls = 0;
  for (const double change : changes.all) falls -= std::min(change, 0.0);
  return falls > kMostFall * (changes.grown + falls);
}

/// True if the last quarter still grows. A step in it counts as one average change.
bool goes_on(const Changes& changes, double grown_in_last_part) {
  const std::size_t count = std::max<std::size_t>(2, (changes.all.size() + 2) / 4);
  const double most = *std::ranges::max_element(changes.rest);
  double tail = 0;
  for (std::size_t i = changes.all.size() - count; i < changes.all.size(); ++i)
    tail += changes.all[i] > most ? changes.average : changes.all[i];
  return tail >= kLeastRise * changes.average * static_cast<double>(count) &&
         std::max(changes.all.back(), grown_in_last_part) >= kLeastLastRise * changes.average;
}

bool levels_off(const std::vector<double>& rest) {
  const std::size_t third = std::max<std::size_t>(1, rest.size() / 3);
  const std::span<const double> all(rest);
  if (average_of(all.last(third)) >= kLevelOff * average_of(all.first(third))) return false;
  // The order of the changes: 1 each larger than the one before, -1 each smaller.
  int order = 0;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    for (std::size_t j = i + 1; j < rest.size(); ++j)
      order += static_cast<int>(rest[j] > rest[i]) - static_cast<int>(rest[j] < rest[i]);
  }
  const auto count = static_cast<double>(rest.size());
  return order / (count * (count - 1) / 2) <= kLevelOffOrder;
}

bool grows_throughout(const Points& floors, double last_value, double noise) {
  const Changes changes = without_largest_two(changes_of(floors.y));
  if (!(changes.grown > noise) || comes_down(changes)) return false;
  const auto rises = std::ranges::count_if(
      changes.rest, [&](double change) { return change >= kLeastRise * changes.average; });
  return static_cast<std::size_t>(rises) >= kLeastRises && goes_on(changes, last_value - floors.y.back()) &&
         !levels_off(changes.rest);
}

/// The last third rises one reading after the other, to more than there was before.
bool began_late(const Points& points, double noise) {
  const std::span<const double> all(points.y);
  const std::size_t count = all.size() / 3;
  const std::span<const double> tail = all.last(count);
  const Changes changes = without_largest_two(changes_of({tail.begin(), tail.end()}));
  const double before = *std::ranges::max_element(all.first(all.size() - count));
  return changes.grown > noise && tail.back() - before > noise && !comes_down(changes) &&
         trend_score(tail) >= kLeastLateScore;
}

/// Removes the two largest changes from the points, if they stand out: each is reduced to the average of the
/// others. A slow step, such as a large allocation on a busy machine, is spread over the time between its two
/// floors.
void take_out_steps(Points& points, const Points& floors, double noise) {
  const Changes changes = without_largest_two(changes_of(floors.y));
  double others = 0;
  for (const double change : changes.rest)
    others += std::abs(change) / static_cast<double>(changes.rest.size());
  const double most = *std::ranges::max_element(changes.rest);
  for (std::size_t part = 1; part < floors.y.size(); ++part) {
    const double change = changes.all[part - 1];
    if (change <= most || change <= noise || change < kStepFactor * others) continue;
    const double begin = floors.x[part - 1];
    const double length = floors.x[part] - begin;
    for (std::size_t i = 0; i < points.x.size(); ++i)
      points.y[i] -= (change - changes.average) * std::clamp((points.x[i] - begin) / length, 0.0, 1.0);
  }
}

}  // namespace

std::optional<Line> fit_robust_line(std::span<const double> x, std::span<const double> y) {
  const std::size_t count = std::min(x.size(), y.size());
  if (count < 3) return std::nullopt;
  x = x.first(count);
  y = y.first(count);
  const auto is_finite = [](double value) { return std::isfinite(value); };
  if (!std::ranges::all_of(x, is_finite) || !std::ranges::all_of(y, is_finite)) return std::nullopt;
  std::vector<double> slopes = pair_slopes(x, y);
  if (slopes.empty()) return std::nullopt;
  Line line;
  line.points = count;
  line.slope = median_of(slopes);
  std::vector<double> deviations(count);
  for (std::size_t i = 0; i < count; ++i) deviations[i] = y[i] - line.slope * x[i];
  std::vector<double> scratch = deviations;
  line.intercept = median_of(scratch);
  double mean = 0;
  for (const double value : y) mean += value / static_cast<double>(count);
  double squares = 0;
  double scatter = 0;
  for (std::size_t i = 0; i < count; ++i) {
    deviations[i] -= line.intercept;
    squares += deviations[i] * deviations[i];
    scatter += (y[i] - mean) * (y[i] - mean);
  }
  const auto [least, most] = std::ranges::minmax(y);
  line.r_squared = most > least ? std::clamp(1 - squares / scatter, 0.0, 1.0) : 0;
  const double margin = kNormal95 * score_deviation(count) * widening(deviations, squares);
  const auto pairs = static_cast<double>(slopes.size());
  line.slope_low = std::min(value_at(slopes, std::floor((pairs - margin) / 2)), line.slope);
  line.slope_high = std::max(value_at(slopes, std::ceil((pairs + margin) / 2)), line.slope);
  return line;
}

double trend_score(std::span<const double> y) {
  if (y.size() < 3) return 0;
  int score = 0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    for (std::size_t j = i + 1; j < y.size(); ++j)
      score += static_cast<int>(y[j] > y[i]) - static_cast<int>(y[j] < y[i]);
  }
  return score / score_deviation(y.size());
}

double warm_up_seconds(double watched_seconds) noexcept {
  return std::clamp(watched_seconds / 6, 1.0, 120.0);
}

std::optional<Growth> judge_growth(std::span<const double> times, std::span<const double> values,
                                   double noise) {
  Points all;
  for (std::size_t i = 0; i < std::min(times.size(), values.size()); ++i) {
    if (!std::isfinite(values[i])) continue;
    all.x.push_back(times[i]);
    all.y.push_back(values[i]);
  }
  if (all.x.size() < kLeastPoints || !(all.x.back() > all.x.front())) return std::nullopt;
  Points points = all.x.size() > kMostPoints ? floors_of(all, kMostPoints) : all;
  const double score = trend_score(points.y);
  const std::size_t parts = std::clamp(all.x.size() / kReadingsPerPart, kLeastParts, kMostParts);
  const Points floors = floors_of(all, parts);
  const bool is_late = began_late(points, noise);
  take_out_steps(points, floors, noise);
  const auto line = fit_robust_line(points.x, points.y);
  if (!line) return std::nullopt;

  Growth growth;
  growth.line = *line;
  growth.seconds = all.x.back() - all.x.front();
  growth.first = floors.y.front();
  growth.last = floors.y.back();
  growth.steps = static_cast<int>(parts - 1);
  growth.rises =
      static_cast<int>(std::ranges::count_if(changes_of(floors.y), [](double change) { return change > 0; }));
  const double last_value = all.y.back();
  const auto is_steady_above = [&](double least) {
    return score >= kLeastScore &&
           (grows_throughout(floors, last_value, least) ||
            (parts == kMostParts && grows_throughout(floors_of(all, kLeastParts), last_value, least)));
  };
  growth.is_steady = is_steady_above(noise);
  growth.is_unclear = !growth.is_steady && (is_late || is_steady_above(kSmallGrowth * noise));
  return growth;
}

}  // namespace kymo::KYMO_ABI::watch
