#pragma once

#include <string>

#include <kymo/core/snapshot.h>
#include <kymo/model/json_layout.h>

namespace kymo::format {

/// Appends a server's vital signs as one flat JSON object of eleven fields:
///
/// | field | meaning | from |
/// |---|---|---|
/// | `active_connections`, `active_processes` | open now | `server.active_connections`,
/// `server.active_processes` | | `total_requests`, `error_count` | since the start | `server.requests`,
/// `server.errors` | | `avg_processing_time` | seconds, over the last requests | `server.processing_time` |
/// | `memory_usage_mb` | resident, in units of 1024 × 1024 bytes | `process_resident_memory_bytes` |
/// | `cpu_total_percent`, `cpu_per_core` | 0 to 100; per core in the order of the cores' numbers |
/// `kymo_system_cpu_ratio`, `kymo_system_cpu_core_ratio` | | `total_cpu_cores`, `effective_cores_used` |
/// cores online, and how many of them are at work | `kymo_system_cpu_cores`, `kymo_system_effective_cores` |
/// | `uptime_seconds` | | the Snapshot |
///
/// What the server has not counted is 0; what the host does not tell is null, the list of cores empty.
/// Threads: any. Errors: none but `std::bad_alloc`.
void write_server_json(const Snapshot& snapshot, std::string& out,
                       model::JsonLayout layout = model::JsonLayout::compact);

}  // namespace kymo::format
