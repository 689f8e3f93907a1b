#pragma once

#include <string>

#include <kymo/core/snapshot.h>

namespace kymo::KYMO_ABI::format {

/// Appends the Snapshot as Prometheus text 0.0.4, families and series in its order.
///
/// Counters get `_total`; up_down_counters are gauges; a histogram shows the cumulative buckets of its
/// `text_bounds()`. A window is a summary: the quantiles 0.5, 0.95 and 0.99 are of its values, `_sum` and
/// `_count` of all values ever recorded. Whole numbers are exact up to 2^64 - 1; others are the shortest text
/// that reads back to the same double; `NaN`, `+Inf`, `-Inf`. `le` is written as in OpenMetrics (`1.0`, not
/// `1`), so a series stays the same when a scraper changes the format. U+FFFD replaces each byte of help that
/// is not UTF-8, since a scraper would refuse the whole text. Threads: any. Cost: some 50 ns for a series of
/// one number. Errors: none but `std::bad_alloc`; text appended before stays. Source: Prometheus
/// documentation, "Exposition formats".
KYMO_API void write_prometheus_text(const Snapshot& snapshot, std::string& out);

}  // namespace kymo::KYMO_ABI::format
