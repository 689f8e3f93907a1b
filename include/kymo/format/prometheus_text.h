#pragma once

#include <string>

#include <kymo/core/snapshot.h>

namespace kymo::KYMO_ABI::format {

/// Appends the Snapshot as Prometheus text 0.0.4, families and series in its order.
///
/// Counters get `_total`; up_down_counters are gauges; a histogram shows the cumulative buckets of its
/// `text_bounds()`; a window is a summary with the quantiles 0.5, 0.95 and 0.99 of its values and `_sum` and
/// `_count` of all that was ever recorded. Numbers: whole ones exact up to 2^64 - 1, others the shortest text
/// that reads back to the same double; `NaN`, `+Inf`, `-Inf`. `le` is written as in OpenMetrics (`1.0`, not
/// `1`), so that a series stays the same one when a scraper changes the format. Help that is not valid UTF-8
/// gets U+FFFD for each bad byte, since a scraper would refuse the whole text. Threads: any. Cost: some 50 ns
/// for a series of one number. Errors: none but `std::bad_alloc`; what was appended stays. Source: Prometheus
/// documentation, "Exposition formats".
KYMO_API void write_prometheus_text(const Snapshot& snapshot, std::string& out);

}  // namespace kymo::KYMO_ABI::format
