#pragma once

#include <string>

#include <kymo/base/json_layout.h>
#include <kymo/core/snapshot.h>

namespace kymo::KYMO_ABI::format {

/// Appends the Snapshot as one JSON object, for programs that know nothing of Prometheus:
///
///     {"timestamp": "2025-11-28T10:30:00.000Z", "uptime_seconds": 3600.5,
///      "metrics": {"timings": {…}, "counters": {…}, "gauges": {…}, "histograms": {…}, "windows": {…}}}
///
/// - `counters`: `{value}`; up_down_counters are here too.
/// - `gauges`: `{current,min,max,mean,last_update}`; of gauges without statistics only `current`.
/// - `timings`: histograms in seconds: `{count,total,mean,min,max,p50,p95,p99}`. `recent` has the same fields
///   but `total`; its values are the last ones, where these are kept.
/// - `histograms`: those in other units, with the `unit`.
/// - `windows`: `{unit,total_count,total,count,mean,min,max,p50,p95,p99}`; the fields from `count` on are of
///   the values in the window.
///
/// A key is the registered name, followed by the labels if there are any: `name[k=v,k2=v2]`. In a
/// label's value a backslash escapes `\`, `,` and `]`. A `=` needs none, since a label's name
/// cannot contain one. Whole numbers are exact. No field is null: a timing, histogram, window or
/// gauge without a value has no entry. JSON has neither NaN nor infinities: such a gauge has no
/// entry, and such a statistic no field. Times: ISO 8601, UTC. Threads: any. Cost: some 150 ns for
/// a series of one number. Errors: none but `std::bad_alloc`; text appended before stays. Source:
/// RFC 8259.
KYMO_API void write_json(const Snapshot& snapshot, std::string& out,
                         base::JsonLayout layout = base::JsonLayout::compact);

}  // namespace kymo::KYMO_ABI::format
