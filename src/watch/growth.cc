#include "growth.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

namespace kymo::watch {
namespace {

constexpr std::size_t kParts = 6;
using Floors = std::array<double, kParts>;

/// The least value of each part of the time.
Floors floors_of(const std::vector<double>& times, const std::vector<double>& values) {
  Floors floors;
  floors.fill(std::numeric_limits<double>::infinity());
  const double begin = times.front();
  const double length = (times.back() - begin) / static_cast<double>(kParts);
  for (std::size_t i = 0; i < times.size(); ++i) {
    const auto part = std::min(kParts - 1, static_cast<std::size_t>((times[i] - begin) / length));
    floors.at(part) = std::min(floors.at(part), values[i]);
  }
  // A part without a reading, of a process that was stopped meanwhile, is as the one before.
  for (std::size_t i = 1; i < kParts; ++i) {
    if (std::isinf(floors.at(i))) floors.at(i) = floors.at(i - 1);
  }
  return floors;
}

bool rises_throughout(const Floors& floors, Growth& growth) {
  const double grown = floors.back() - floors.front();
  const double average = grown / static_cast<double>(kParts - 1);
  bool falls = false;
  bool last_two_rise = true;
  for (std::size_t i = 1; i < kParts; ++i) {
    const double step = floors.at(i) - floors.at(i - 1);
    const bool is_rise = step > 0 && step >= average / 4;
    ++growth.steps;
    if (is_rise) ++growth.rises;
    if (i + 2 >= kParts && !is_rise) last_two_rise = false;
    if (step < -grown / 10) falls = true;
  }
  return grown > 0 && !falls && last_two_rise && growth.rises >= growth.steps - 1;
}

}  // namespace

double warm_up_seconds(double watched_seconds) noexcept {
  return std::clamp(watched_seconds / 6, 1.0, 120.0);
}

std::optional<Growth> judge_growth(std::span<const double> times, std::span<const double> values,
                                   double noise) {
  std::vector<double> x;
  std::vector<double> y;
  for (std::size_t i = 0; i < std::min(times.size(), values.size()); ++i) {
    if (!std::isfinite(values[i])) continue;
    x.push_back(times[i]);
    y.push_back(values[i]);
  }
  if (x.size() < kLeastPoints) return std::nullopt;
  const auto line = fit_line(x, y);
  if (!line) return std::nullopt;
  Growth growth;
  growth.line = *line;
  growth.seconds = x.back() - x.front();
  const Floors floors = floors_of(x, y);
  growth.first = floors.front();
  growth.last = floors.back();
  const double grown = growth.last - growth.first;
  const bool rises = rises_throughout(floors, growth);
  const double margin = line->slope_high - line->slope;
  growth.is_steady = rises && line->slope > 2 * margin && grown > noise;
  return growth;
}

}  // namespace kymo::watch
