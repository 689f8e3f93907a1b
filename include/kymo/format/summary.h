#pragma once

#include <string>

#include <kymo/base/json_layout.h>
#include <kymo/core/snapshot.h>

namespace kymo::KYMO_ABI::base {
class JsonWriter;
}

namespace kymo::KYMO_ABI::format {

/// Appends the few numbers that a person looks at first, as one JSON object. A section appears when its
/// metrics are in use:
///
/// - `timestamp`, `uptime_seconds`: of the Snapshot.
/// - `event_processing`: `total_processed` from `events.processed`; `latency_ms` with `p50`, `p95` and `p99`
///   from `event.processing.duration`.
/// - `udp_listener`: `packets_received`, `packets_dropped` from `udp.packet.received`, `udp.packet.dropped`.
/// - `websocket`: `clients_connected`, `broadcasts_sent` from `websocket.clients`,
///   `websocket.broadcast.success`.
/// - `cache`: `hit_rate_percent` from `cache.hits` and `cache.misses`, else `cache.hit_rate`.
/// - `errors`: each failure once, so the values may be summed. One field for each series of counters named
/// `errors` or `errors.…`, with the keys of write_json().
/// - `errors_by_type`: the same failures in finer parts, with the same keys: `errors….by_…` beside a counter
/// without `.by_…`, and series with labels beside one without.
///
/// In a family with several series, the one without labels is the total; without such a series, the sum is. A
/// field is 0 if its metric is missing while others of the section exist. `latency_ms` and `cache` are
/// missing until there is a value. Threads: any. Errors: none but `std::bad_alloc`.
KYMO_API void write_summary_json(const Snapshot& snapshot, std::string& out,
                                 base::JsonLayout layout = base::JsonLayout::compact);

/// The fields of that object, for callers that add fields of their own.
KYMO_API void write_summary_fields(const Snapshot& snapshot, base::JsonWriter& json);

}  // namespace kymo::KYMO_ABI::format
