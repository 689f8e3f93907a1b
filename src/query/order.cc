#include "order.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <kymo/base/ascii.h>

namespace kymo::KYMO_ABI::query {
namespace {

/// Takes a run of digits, or of other characters, off the front.
std::string_view take_run(std::string_view& text) noexcept {
  const bool is_digits = base::is_digit(text.front());
  const auto end = std::ranges::find_if(text, [&](char c) { return base::is_digit(c) != is_digits; });
  const std::string_view run = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text.remove_prefix(run.size());
  return run;
}

std::string_view without_zeros(std::string_view digits) noexcept {
  const std::size_t first = digits.find_first_not_of('0');
  return first == std::string_view::npos ? std::string_view() : digits.substr(first);
}

}  // namespace

double quantile_among(double q, std::vector<double>& values) {
  if (values.empty() || std::isnan(q)) return std::numeric_limits<double>::quiet_NaN();
  if (q < 0) return -std::numeric_limits<double>::infinity();
  if (q > 1) return std::numeric_limits<double>::infinity();
  std::ranges::sort(values, [](double a, double b) {
    return std::isnan(a) || std::isnan(b) ? std::isnan(a) && !std::isnan(b) : a < b;
  });
  const double rank = q * static_cast<double>(values.size() - 1);
  const auto lower = static_cast<std::size_t>(std::floor(rank));
  const std::size_t upper = std::min(values.size() - 1, lower + 1);
  const double weight = rank - std::floor(rank);
  return values[lower] * (1 - weight) + values[upper] * weight;
}

bool is_naturally_less(std::string_view a, std::string_view b) noexcept {
  while (!a.empty() && !b.empty()) {
    const bool are_digits = base::is_digit(a.front()) && base::is_digit(b.front());
    const std::string_view left = take_run(a);
    const std::string_view right = take_run(b);
    if (!are_digits) {
      if (left != right) return left < right;
      continue;
    }
    const std::string_view number = without_zeros(left);
    const std::string_view other = without_zeros(right);
    if (number.size() != other.size()) return number.size() < other.size();
    if (number != other) return number < other;
    if (left.size() != right.size()) return left.size() < right.size();
  }
  return a.size() < b.size();
}

std::uint64_t spread_hash(std::string_view bytes) noexcept {
  // FNV-1a, whose high bits a last mixing step improves. Source: S. Vigna, "SplitMix64".
  std::uint64_t hash = 0xCBF29CE484222325U;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  hash = (hash ^ (hash >> 30U)) * 0xBF58476D1CE4E5B9U;
  hash = (hash ^ (hash >> 27U)) * 0x94D049BB133111EBU;
  return hash ^ (hash >> 31U);
}

double greater_of(double a, double b) noexcept {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (a == kInfinity || b == kInfinity) return kInfinity;
  if (std::isnan(a) || std::isnan(b)) return std::numeric_limits<double>::quiet_NaN();
  return std::fmax(a, b);
}

double lesser_of(double a, double b) noexcept { return -greater_of(-a, -b); }

}  // namespace kymo::KYMO_ABI::query
