#pragma once

#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <kymo/core/snapshot.h>
#include <kymo/live/standard_routes.h>
#include <kymo/live/system_history.h>
#include <kymo/peers/quality.h>

namespace kymo::KYMO_ABI::live {

/// Appends `/api/metrics/summary`: the fields of format::write_summary_json(), and after these, if
/// available:
///
/// - `system`: each figure of the host's history with `current`, `avg`, `min` and `max`; the last three are
/// of the kept points, and null before the first;
/// - `peers`: a list as in `/api/metrics/peers`; `network_quality`: the score of them all, 0 to 100, null
///   before the first probe.
void write_summary(const Snapshot& snapshot, const SummaryParts& parts, std::string& out);

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
