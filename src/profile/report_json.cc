#include <algorithm>
#include <string_view>

#include <kymo/base/json_writer.h>
#include <kymo/format/iso_time.h>
#include <kymo/profile/report.h>

namespace kymo::KYMO_ABI::profile {
namespace {

double to_seconds(std::chrono::nanoseconds time) noexcept { return static_cast<double>(time.count()) / 1e9; }

void write_thread(const ThreadFigures& thread, base::JsonWriter& json) {
  json.begin_object();
  json.field("id", thread.id);
  json.field("name", std::string_view(thread.name));
  json.field("total_seconds", to_seconds(thread.total));
  json.end_object();
}

void write_function(const FunctionFigures& function, base::JsonWriter& json) {
  json.begin_object();
  json.field("name", std::string_view(function.name));
  json.field("calls", function.calls);
  json.field("errors", function.errors);
  json.field("total_seconds", to_seconds(function.total));
  json.field("self_seconds", to_seconds(function.self));
  json.field("average_seconds", to_seconds(function.average));
  json.field("min_seconds", to_seconds(function.min));
  json.field("max_seconds", to_seconds(function.max));
  json.field("p50_seconds", to_seconds(function.p50));
  json.field("p95_seconds", to_seconds(function.p95));
  json.field("p99_seconds", to_seconds(function.p99));
  json.end_object();
}

void write_process(const ProcessFigures& process, base::JsonWriter& json) {
  json.begin_object("process");
  json.field("cpu_percent", process.cpu_percent);
  json.field("resident_bytes", process.resident_bytes);
  json.field("threads", process.threads);
  json.field("open_fds", process.open_fds);
  json.end_object();
}

}  // namespace

std::string to_json(const Report& report, const ReportOptions& options) {
  std::string out;
  base::JsonWriter json(out);
  json.begin_object();
  json.field("enabled", report.enabled);
  json.key("started");
  report.started ? json.value(std::string_view(format::iso_time(*report.started))) : json.null();
  json.field("duration_seconds", to_seconds(report.duration));
  json.field("clock_ns", report.clock_ns);
  json.begin_array("threads");
  for (const ThreadFigures& thread : report.threads) write_thread(thread, json);
  json.end_array();
  json.begin_array("functions");
  for (std::size_t i = 0; i < std::min(options.limit, report.functions.size()); ++i) {
    write_function(report.functions[i], json);
  }
  json.end_array();
  json.begin_array("slow");
  for (const std::string& name : slow_functions(report, options.slow)) json.value(std::string_view(name));
  json.end_array();
  json.field("dropped_events", report.dropped_events);
  write_process(options.process, json);
  json.end_object();
  return out += '\n';
}

}  // namespace kymo::KYMO_ABI::profile
