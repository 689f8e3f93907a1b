#pragma once

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include <kymo/live/system_history.h>
#include <kymo/peers/quality.h>

namespace kymo::KYMO_ABI::live {

[[nodiscard]] inline double to_hundredths(double value) { return std::round(value * 100) / 100; }

/// Aggregates one figure of some points, to hundredths.
[[nodiscard]] inline peers::Aggregate aggregate_of(std::span<const SystemHistory::Point> points,
                                                   std::size_t field) {
  std::vector<double> values;
  values.reserve(points.size());
  for (const SystemHistory::Point& point : points) values.push_back(to_hundredths(point.figures[field]));
  peers::Aggregate aggregate = peers::aggregate(values);
  for (auto* sum : {&aggregate.average, &aggregate.sum}) {
    if (*sum) **sum = to_hundredths(**sum);
  }
  return aggregate;
}

}  // namespace kymo::KYMO_ABI::live
