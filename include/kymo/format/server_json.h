#pragma once

#include <string>

#include <kymo/base/json_layout.h>
#include <kymo/core/snapshot.h>

namespace kymo::KYMO_ABI::format {

/// Appends a server's vital signs as one flat JSON object of eleven fields:
///
/// - `active_connections`, `active_processes`: now, from `server.active_connections`,
///   `server.active_processes`.
/// - `total_requests`, `error_count`: since the start, from `server.requests`, `server.errors`.
/// - `avg_processing_time`: seconds, over the last requests, from `server.processing_time`.
/// - `memory_usage_mb`: resident, in units of 1024 × 1024 bytes, from `process_resident_memory_bytes`.
/// - `cpu_total_percent`, `cpu_per_core`: 0 to 100, in the order of the cores' numbers, from
///   `kymo_system_cpu_ratio`, `kymo_system_cpu_core_ratio`.
/// - `total_cpu_cores`, `effective_cores_used`: cores online, and busy ones, from `kymo_system_cpu_cores`,
///   `kymo_system_effective_cores`.
/// - `uptime_seconds`: of the Snapshot.
///
/// A metric without a record is 0. A figure that the host does not provide is null;
/// the list of cores is then empty. Threads: any. Errors: none but
/// `std::bad_alloc`.
KYMO_API void write_server_json(const Snapshot& snapshot, std::string& out,
                                base::JsonLayout layout = base::JsonLayout::compact);

}  // namespace kymo::KYMO_ABI::format
