#include "sum_growth.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace kymo::KYMO_ABI {
namespace {

/// Rounds to the finest decimal place of at least four units in the last place of numbers with this
/// exponent. Additions cost the sum half a unit each.
double rounded(double growth, int exponent) noexcept {
  const int bits = std::numeric_limits<double>::digits - 3 - exponent;
  if (bits < 0) return growth;
  const double places = std::pow(10.0, std::floor(bits * std::log10(2.0)));
  return std::isfinite(places) ? std::round(growth * places) / places : growth;
}

}  // namespace

double sum_growth(double now, double before) noexcept {
  const double growth = now - before;
  if (before == 0 || growth == 0 || !std::isfinite(growth)) return growth;
  const int exponent = std::ilogb(std::max(std::abs(now), std::abs(before)));
  if (now <= before) return rounded(growth, exponent);
  // Sums below this power of two are rounded more finely. Do not fall below the last of them.
  const double least = std::ldexp(1.0, exponent) - before;
  return std::max(rounded(growth, exponent), rounded(least, exponent - 1));
}

}  // namespace kymo::KYMO_ABI
