#pragma once

#include <string>

#include <kymo/base/json_layout.h>
#include <kymo/core/snapshot.h>

namespace kymo::KYMO_ABI::format {

/// Appends the host and the process as one nested JSON object: `cpu`, `load`, `memory`, `pressure`, `disks`,
/// `filesystems`, `network`, `cgroup` and `process`, beside `timestamp` and `uptime_seconds`.
///
/// Field names carry their unit (`_percent` is 0 to 100). If this host lacks the source of a field or
/// section, it is left out, never 0. docs/reference/system-metrics.md lists the source metrics. Threads: any.
/// Errors: none but `std::bad_alloc`.
KYMO_API void write_system_json(const Snapshot& snapshot, std::string& out,
                                base::JsonLayout layout = base::JsonLayout::compact);

}  // namespace kymo::KYMO_ABI::format
