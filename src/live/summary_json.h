#pragma once

#include <string>

#include <kymo/core/snapshot.h>
#include <kymo/live/standard_routes.h>

namespace kymo::KYMO_ABI::live {

/// Appends `/api/metrics/summary`: the fields of format::write_summary_json(), and after these, if
/// available:
///
/// - `system`: each figure of the host's history with `current`, `avg`, `min` and `max`; the last three are
/// of the kept points, and null before the first;
/// - `peers`: a list as in `/api/metrics/peers`; `network_quality`: the score of them all, 0 to 100, null
///   before the first probe.
void write_summary(const Snapshot& snapshot, const SummaryParts& parts, std::string& out);

}  // namespace kymo::KYMO_ABI::live
