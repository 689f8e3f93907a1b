#pragma once

#include <string>

#include <kymo/core/snapshot.h>

namespace kymo::KYMO_ABI::format {

/// Appends the Snapshot as OpenMetrics 1.0 text, up to and including `# EOF`; nothing may follow.
///
/// Like Prometheus text, plus units, `_created` times (where a family knows them) and exemplars on
/// counters and histogram buckets. A strict reader refuses a whole text for one fault. So the writer
/// skips:
/// - a counter that is NaN or negative (only a producer can write one);
/// - `_sum` and `_count` of a histogram with a negative bound or value, since the sum may
/// fall;
/// - of a window's summary, quantiles below 0, and a negative or NaN `_sum`;
/// - exemplars with more than 128 characters of labels.
/// Threads, cost, errors: as write_prometheus_text.
/// Source: OpenMetrics 1.0.
KYMO_API void write_openmetrics(const Snapshot& snapshot, std::string& out);

}  // namespace kymo::KYMO_ABI::format
