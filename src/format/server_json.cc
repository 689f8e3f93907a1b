#include <kymo/format/server_json.h>

#include <kymo/base/json_writer.h>

#include "json_parts.h"

namespace kymo::KYMO_ABI::format {
namespace {

constexpr double kBytesPerMb = 1024.0 * 1024.0;

void write_counted(std::string_view field, const Snapshot& snapshot, std::string_view family,
                   base::JsonWriter& json) {
  json.field(field, total_number(snapshot, family).value_or(Number(std::uint64_t{0})));
}

void write_server(const Snapshot& snapshot, base::JsonWriter& json) {
  write_counted("active_connections", snapshot, "server.active_connections", json);
  write_counted("active_processes", snapshot, "server.active_processes", json);
  write_counted("total_requests", snapshot, "server.requests", json);
  write_counted("error_count", snapshot, "server.errors", json);
  const auto window = total_window(snapshot, "server.processing_time");
  json.field("avg_processing_time", window ? window->mean() : 0.0);
}

void write_host(const Snapshot& snapshot, base::JsonWriter& json) {
  json.field("memory_usage_mb",
             rounded(total_double(snapshot, "process_resident_memory_bytes") / kBytesPerMb, 3));
  json.field("cpu_total_percent", percent(total_double(snapshot, "kymo_system_cpu_ratio")));
  json.begin_array("cpu_per_core");
  for (const double ratio : core_ratios(snapshot)) json.value(percent(ratio));
  json.end_array();
  json.field("total_cpu_cores", total_double(snapshot, "kymo_system_cpu_cores"));
  json.field("effective_cores_used", rounded(total_double(snapshot, "kymo_system_effective_cores"), 3));
}

}  // namespace

void write_server_json(const Snapshot& snapshot, std::string& out, base::JsonLayout layout) {
  base::JsonWriter json(out, layout);
  json.begin_object();
  write_server(snapshot, json);
  write_host(snapshot, json);
  json.field("uptime_seconds", uptime_seconds(snapshot));
  json.end_object();
}

}  // namespace kymo::KYMO_ABI::format
