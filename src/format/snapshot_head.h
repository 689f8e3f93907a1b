#pragma once

#include <kymo/base/json_writer.h>
#include <kymo/core/snapshot.h>

namespace kymo::KYMO_ABI::format {

/// Writes `timestamp` and `uptime_seconds`, the first fields of each JSON object of a Snapshot.
void write_snapshot_head(const Snapshot& snapshot, base::JsonWriter& json);

/// Seconds, to the millisecond.
[[nodiscard]] double uptime_seconds(const Snapshot& snapshot) noexcept;

}  // namespace kymo::KYMO_ABI::format
