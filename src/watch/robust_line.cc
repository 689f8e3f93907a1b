#include <kymo/watch/robust_line.h>

#include <algorithm>
#include <cmath>
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

}  // namespace kymo::KYMO_ABI::watch
