#include "snapshot_head.h"

#include <chrono>

#include <kymo/format/iso_time.h>

namespace kymo::KYMO_ABI::format {

double uptime_seconds(const Snapshot& snapshot) noexcept {
  return static_cast<double>(std::chrono::floor<std::chrono::milliseconds>(snapshot.uptime).count()) / 1000;
}

void write_snapshot_head(const Snapshot& snapshot, base::JsonWriter& json) {
  json.field("timestamp", std::string_view(iso_time(snapshot.time)));
  json.field("uptime_seconds", uptime_seconds(snapshot));
}

}  // namespace kymo::KYMO_ABI::format
