#include <kymo/format/system_json.h>

#include <cmath>
#include <map>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <kymo/base/json_writer.h>

#include "json_parts.h"

namespace kymo::KYMO_ABI::format {
namespace {

/// The rounding of a number.
enum class Shape : std::uint8_t { exact, whole, thousandths, percent };

struct Field {
  std::string_view name;
  std::string_view family;
  Shape shape = Shape::exact;
};

/// The fields of an object, ready to write.
using Values = std::vector<std::pair<std::string_view, double>>;
/// Objects of a kind (disks, interfaces) by their rendered labels.
using Things = std::map<std::string_view, Values>;

constexpr Field kCpu[] = {{"percent", "kymo_system_cpu_ratio", Shape::percent},
                          {"cores", "kymo_system_cpu_cores"},
                          {"effective_cores", "kymo_system_effective_cores", Shape::thousandths},
                          {"limit_cores", "kymo_system_cpu_limit_cores", Shape::thousandths}};
constexpr Field kLoad[] = {{"1m", "node_load1"}, {"5m", "node_load5"}, {"15m", "node_load15"}};
constexpr Field kMemory[] = {{"total_bytes", "kymo_system_memory_total_bytes"},
                             {"available_bytes", "kymo_system_memory_available_bytes"},
                             {"used_bytes", "kymo_system_memory_used_bytes"},
                             {"used_percent", "kymo_system_memory_used_ratio", Shape::percent},
                             {"limit_bytes", "kymo_system_memory_limit_bytes"},
                             {"swap_total_bytes", "kymo_system_swap_total_bytes"},
                             {"swap_used_bytes", "kymo_system_swap_used_bytes"}};
constexpr Field kDisks[] = {
    {"read_bytes_per_second", "kymo_system_disk_read_bytes_per_second", Shape::whole},
    {"write_bytes_per_second", "kymo_system_disk_write_bytes_per_second", Shape::whole},
    {"busy_percent", "kymo_system_disk_busy_ratio", Shape::percent},
    {"read_bytes", "node_disk_read_bytes_total"},
    {"written_bytes", "node_disk_written_bytes_total"}};
constexpr Field kFilesystems[] = {{"size_bytes", "node_filesystem_size_bytes"},
                                  {"available_bytes", "node_filesystem_avail_bytes"},
                                  {"used_percent", "kymo_system_filesystem_used_ratio", Shape::percent},
                                  {"inodes", "node_filesystem_files"},
                                  {"inodes_free", "node_filesystem_files_free"}};
constexpr Field kNetwork[] = {
    {"receive_bytes_per_second", "kymo_system_network_receive_bytes_per_second", Shape::whole},
    {"transmit_bytes_per_second", "kymo_system_network_transmit_bytes_per_second", Shape::whole}};
constexpr Field kInterfaces[] = {
    {"receive_bytes_per_second", "kymo_system_network_device_receive_bytes_per_second", Shape::whole},
    {"transmit_bytes_per_second", "kymo_system_network_device_transmit_bytes_per_second", Shape::whole},
    {"receive_bytes", "node_network_receive_bytes_total"},
    {"transmit_bytes", "node_network_transmit_bytes_total"},
    {"receive_errors", "node_network_receive_errs_total"},
    {"transmit_errors", "node_network_transmit_errs_total"},
    {"receive_drops", "node_network_receive_drop_total"},
    {"transmit_drops", "node_network_transmit_drop_total"}};
constexpr Field kCgroup[] = {
    {"cpu_limit_cores", "kymo_cgroup_cpu_limit_cores", Shape::thousandths},
    {"cpu_percent", "kymo_cgroup_cpu_ratio", Shape::percent},
    {"cpu_throttled_seconds", "kymo_cgroup_cpu_throttled_seconds_total", Shape::thousandths},
    {"memory_usage_bytes", "kymo_cgroup_memory_usage_bytes"},
    {"memory_limit_bytes", "kymo_cgroup_memory_limit_bytes"},
    {"pids", "kymo_cgroup_pids"},
    {"pids_limit", "kymo_cgroup_pids_limit"}};
constexpr Field kProcess[] = {{"cpu_percent", "kymo_process_cpu_ratio", Shape::percent},
                              {"cpu_seconds", "process_cpu_seconds_total", Shape::thousandths},
                              {"resident_bytes", "process_resident_memory_bytes"},
                              {"resident_peak_bytes", "process_resident_memory_peak_bytes"},
                              {"proportional_bytes", "process_proportional_memory_bytes"},
                              {"unique_bytes", "process_unique_memory_bytes"},
                              {"virtual_bytes", "process_virtual_memory_bytes"},
                              {"swap_bytes", "process_swap_memory_bytes"},
                              {"threads", "process_threads"},
                              {"open_fds", "process_open_fds"},
                              {"max_fds", "process_max_fds"},
                              {"start_time_seconds", "process_start_time_seconds", Shape::thousandths},
                              {"io_read_bytes", "process_io_read_bytes_total"},
                              {"io_written_bytes", "process_io_written_bytes_total"}};
// Families whose single label becomes the names in an object.
constexpr Field kProcessByType[] = {{"context_switches", "process_context_switches_total"},
                                    {"page_faults", "process_page_faults_total"},
                                    {"io_calls", "process_io_calls_total"}};

double shaped(const Number& number, Shape shape) {
  const double value = to_double(number);
  switch (shape) {
    case Shape::exact: return value;
    case Shape::whole: return std::round(value);
    case Shape::thousandths: return rounded(value, 3);
    case Shape::percent: return percent(value);
  }
  return value;
}

Values read_values(const Snapshot& snapshot, std::span<const Field> fields) {
  Values values;
  for (const Field& field : fields) {
    if (const auto point = snapshot.find(field.family, {}))
      values.emplace_back(field.name, shaped(point->number, field.shape));
  }
  return values;
}

Things read_things(const Snapshot& snapshot, std::span<const Field> fields) {
  Things things;
  for (const Field& field : fields) {
    const FamilySnapshot* family = snapshot.find(field.family);
    for (std::size_t i = 0; family != nullptr && i < family->size(); ++i) {
      const Point point = family->point(i);
      things[point.labels.text()].emplace_back(field.name, shaped(point.number, field.shape));
    }
  }
  return things;
}

void write_values(const Values& values, base::JsonWriter& json) {
  for (const auto& [name, value] : values) json.field(name, value);
}

void write_things(std::string_view name, const Things& things, base::JsonWriter& json) {
  if (things.empty()) return;
  json.objects(name, things, [&](const auto& thing) {
    const auto& [labels, values] = thing;
    for (const LabelsView::Entry& label : LabelsView(labels))
      json.field(label.key, std::string_view(label.value));
    write_values(values, json);
  });
}

void write_section(std::string_view name, const Values& values, base::JsonWriter& json) {
  if (values.empty()) return;
  json.begin_object(name);
  write_values(values, json);
  json.end_object();
}

void write_cpu(const Snapshot& snapshot, base::JsonWriter& json) {
  const Values values = read_values(snapshot, kCpu);
  const std::vector<double> cores = core_ratios(snapshot);
  if (values.empty() && cores.empty()) return;
  json.begin_object("cpu");
  write_values(values, json);
  json.begin_array("per_core_percent");
  for (const double ratio : cores) json.value(percent(ratio));
  json.end_array();
  json.end_object();
}

// `{"cpu": {"some_percent": 1.5, …}, "io": {…}}`
void write_pressure(const Snapshot& snapshot, base::JsonWriter& json) {
  const FamilySnapshot* family = snapshot.find("kymo_system_pressure_ratio");
  if (family == nullptr) return;
  std::map<std::string, std::map<std::string, double>> by_resource;
  for (std::size_t i = 0; i < family->size(); ++i) {
    const Point point = family->point(i);
    const std::string kind = point.labels.find("kind").value_or("") + "_percent";
    by_resource[point.labels.find("resource").value_or("")][kind] = percent(to_double(point.number));
  }
  json.begin_object("pressure");
  for (const auto& [resource, kinds] : by_resource) {
    json.begin_object(resource);
    for (const auto& [kind, value] : kinds) json.field(kind, value);
    json.end_object();
  }
  json.end_object();
}

void write_network(const Snapshot& snapshot, base::JsonWriter& json) {
  const Values values = read_values(snapshot, kNetwork);
  const Things interfaces = read_things(snapshot, kInterfaces);
  if (values.empty() && interfaces.empty()) return;
  json.begin_object("network");
  write_values(values, json);
  write_things("interfaces", interfaces, json);
  json.end_object();
}

void write_by_label(const Field& field, const Snapshot& snapshot, base::JsonWriter& json) {
  const FamilySnapshot* family = snapshot.find(field.family);
  if (family == nullptr) return;
  json.begin_object(field.name);
  for (std::size_t i = 0; i < family->size(); ++i) {
    const Point point = family->point(i);
    for (const LabelsView::Entry& label : point.labels) json.field(label.value, point.number);
  }
  json.end_object();
}

void write_process(const Snapshot& snapshot, base::JsonWriter& json) {
  const Values values = read_values(snapshot, kProcess);
  if (values.empty()) return;
  json.begin_object("process");
  write_values(values, json);
  for (const Field& field : kProcessByType) write_by_label(field, snapshot, json);
  json.end_object();
}

}  // namespace

void write_system_json(const Snapshot& snapshot, std::string& out, base::JsonLayout layout) {
  base::JsonWriter json(out, layout);
  json.begin_object();
  write_snapshot_head(snapshot, json);
  write_cpu(snapshot, json);
  write_section("load", read_values(snapshot, kLoad), json);
  write_section("memory", read_values(snapshot, kMemory), json);
  write_pressure(snapshot, json);
  write_things("disks", read_things(snapshot, kDisks), json);
  write_things("filesystems", read_things(snapshot, kFilesystems), json);
  write_network(snapshot, json);
  write_section("cgroup", read_values(snapshot, kCgroup), json);
  write_process(snapshot, json);
  json.end_object();
}

}  // namespace kymo::KYMO_ABI::format
