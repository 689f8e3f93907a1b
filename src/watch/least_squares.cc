#include "least_squares.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace kymo::watch {
namespace {

struct Means {
  double x = 0;
  double y = 0;
};

Means means_of(std::span<const double> x, std::span<const double> y) {
  Means means;
  for (std::size_t i = 0; i < x.size(); ++i) {
    means.x += x[i];
    means.y += y[i];
  }
  means.x /= static_cast<double>(x.size());
  means.y /= static_cast<double>(x.size());
  return means;
}

/// How many independent points say as much as these, given their deviations from the line. Four at least:
/// with fewer a smooth curve, whose deviations are as alike as can be, would have no slope at all.
constexpr double kLeastEffective = 4;

double effective_points(const std::vector<double>& deviations, double squares) {
  const auto count = static_cast<double>(deviations.size());
  if (squares <= 0) return count;
  double products = 0;
  for (std::size_t i = 1; i < deviations.size(); ++i) products += deviations[i] * deviations[i - 1];
  const double likeness = std::clamp(products / squares, 0.0, 0.99);
  return std::max(std::min(kLeastEffective, count), count * (1 - likeness) / (1 + likeness));
}

}  // namespace

double student_95(double degrees_of_freedom) {
  const double n = degrees_of_freedom;
  if (n < 1) return std::numeric_limits<double>::infinity();
  if (n < 2) return 12.706;
  if (n < 3) return 4.303;
  // Fisher's expansion about the normal distribution's quantile; off by less than 0.02 from 3 on.
  constexpr double z = 1.959964;
  constexpr double z3 = z * z * z;
  constexpr double z5 = z3 * z * z;
  constexpr double z7 = z5 * z * z;
  constexpr double z9 = z7 * z * z;
  return z + (z3 + z) / (4 * n) + (5 * z5 + 16 * z3 + 3 * z) / (96 * n * n) +
         (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * n * n * n) +
         (79 * z9 + 776 * z7 + 1482 * z5 - 1920 * z3 - 945 * z) / (92160 * n * n * n * n);
}

std::optional<Line> fit_line(std::span<const double> x, std::span<const double> y) {
  const std::size_t count = std::min(x.size(), y.size());
  if (count < 3) return std::nullopt;
  x = x.first(count);
  y = y.first(count);
  const Means mean = means_of(x, y);
  double xx = 0;
  double xy = 0;
  double yy = 0;
  for (std::size_t i = 0; i < count; ++i) {
    xx += (x[i] - mean.x) * (x[i] - mean.x);
    xy += (x[i] - mean.x) * (y[i] - mean.y);
    yy += (y[i] - mean.y) * (y[i] - mean.y);
  }
  if (!(xx > 0) || !std::isfinite(xx) || !std::isfinite(yy)) return std::nullopt;
  Line line;
  line.points = count;
  line.slope = xy / xx;
  line.intercept = mean.y - line.slope * mean.x;
  std::vector<double> deviations(count);
  double squares = 0;
  for (std::size_t i = 0; i < count; ++i) {
    deviations[i] = y[i] - (line.intercept + line.slope * x[i]);
    squares += deviations[i] * deviations[i];
  }
  line.r_squared = yy > 0 ? std::clamp(1 - squares / yy, 0.0, 1.0) : 0;
  line.deviation = std::sqrt(squares / static_cast<double>(count - 2));
  const double freedom = effective_points(deviations, squares) - 2;
  double margin = 0;
  if (squares > 0)
    margin = freedom < 1 ? std::numeric_limits<double>::infinity()
                         : student_95(freedom) * std::sqrt(squares / freedom / xx);
  line.slope_low = line.slope - margin;
  line.slope_high = line.slope + margin;
  return line;
}

}  // namespace kymo::watch
