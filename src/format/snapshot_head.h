#pragma once

#include <kymo/core/snapshot.h>

#include <kymo/model/json_writer.h>

namespace kymo::format {

/// Writes the fields `timestamp` and `uptime_seconds`, which the JSON objects of a Snapshot begin with.
void write_snapshot_head(const Snapshot& snapshot, model::JsonWriter& json);

/// Seconds, to the millisecond.
[[nodiscard]] double uptime_seconds(const Snapshot& snapshot) noexcept;

}  // namespace kymo::format
