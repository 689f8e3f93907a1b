#pragma once

#include <string>

#include <kymo/core/snapshot.h>

namespace kymo::KYMO_ABI::format {

/// Appends the Snapshot as OpenMetrics 1.0 text, `# EOF` included: a whole exposition, nothing may follow it.
///
/// As Prometheus text, and with units, `_created` times (where a family knows them) and exemplars on counters
/// and histogram buckets. What the format forbids is left out, because a strict reader would refuse
/// everything for it:
/// - a counter that is NaN or negative (only a producer can write such): the series;
/// - `_sum` and `_count` of a histogram that has a negative bound or a negative value, since the sum may
/// fall;
/// - of a window's summary, quantiles below 0, and a `_sum` that is negative or NaN;
/// - exemplars with more than 128 characters of labels.
/// Threads, cost, errors: as write_prometheus_text.
/// Source: OpenMetrics 1.0.
KYMO_API void write_openmetrics(const Snapshot& snapshot, std::string& out);

}  // namespace kymo::KYMO_ABI::format
