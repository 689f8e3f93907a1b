#include <kymo/packs/server_log.h>

#include <charconv>
#include <cmath>
#include <cstddef>
#include <map>
#include <string>
#include <type_traits>
#include <vector>

namespace kymo::KYMO_ABI::packs {
namespace {

constexpr double kBytesPerMb = 1024.0 * 1024.0;

double to_hundredths(double number) { return std::round(number * 100) / 100; }
double to_percent(double ratio) { return to_hundredths(ratio * 100); }
/// Rounds a mean of whole nanoseconds, to remove the noise of the division.
double to_picoseconds(double seconds) { return std::round(seconds * 1e12) / 1e12; }
double to_mb(double bytes) { return to_hundredths(bytes / kBytesPerMb); }

class FieldList final {
 public:
  explicit FieldList(const Snapshot& snapshot) : snapshot_(snapshot) {}

  /// Adds a count; 0 if the server has none.
  void add_count(std::string_view key, std::string_view family) {
    const auto point = snapshot_.find(family, {});
    const Number number = point ? point->number : Number(std::uint64_t{0});
    std::visit([&](auto value) { add(key, value); }, number);
  }
  /// Adds a figure of the host; nothing if the host lacks it.
  void add_reading(std::string_view key, std::string_view family, double (*shown)(double)) {
    const auto point = snapshot_.find(family, {});
    if (point) add(key, shown(to_double(point->number)));
  }
  template <class T>
  void add(std::string_view key, T value) {
    if constexpr (std::is_same_v<T, double>) {
      if (std::isnan(value)) return;
    }
    fields_.push_back({key, value});
  }
  [[nodiscard]] std::span<const LogField> all() const noexcept { return fields_; }

 private:
  const Snapshot& snapshot_;
  std::vector<LogField> fields_;
};

/// `12.5,0,99.1`, in the order of the cores' numbers; empty if the host lacks them.
std::string percent_per_core(const Snapshot& snapshot) {
  const FamilySnapshot* family = snapshot.find("kymo_system_cpu_core_ratio");
  if (family == nullptr) return {};
  std::map<unsigned, double> ratios;  // by number: as text, core 10 would sort before core 2
  for (std::size_t i = 0; i < family->size(); ++i) {
    const Point point = family->point(i);
    const std::string label = point.labels.find("cpu").value_or("");
    unsigned core = 0;
    std::from_chars(label.data(), label.data() + label.size(), core);
    ratios[core] = to_double(point.number);
  }
  std::string text;
  for (const auto& [core, ratio] : ratios) {
    char digits[32];
    const auto end = std::to_chars(std::begin(digits), std::end(digits), to_percent(ratio)).ptr;
    if (!text.empty()) text += ',';
    text.append(std::begin(digits), end);
  }
  return text;
}

void add_server(const Snapshot& snapshot, FieldList& fields) {
  fields.add_count("active_connections", "server.active_connections");
  fields.add_count("active_processes", "server.active_processes");
  fields.add_count("total_requests", "server.requests");
  fields.add_count("error_count", "server.errors");
  const auto times = snapshot.find("server.processing_time", {});
  fields.add("avg_processing_time",
             times && times->window != nullptr ? to_picoseconds(times->window->mean()) : 0.0);
}

void add_host(const std::string& per_core, FieldList& fields) {
  const auto as_it_is = [](double number) { return to_hundredths(number); };
  fields.add_reading("memory_usage_mb", "process_resident_memory_bytes", to_mb);
  fields.add_reading("cpu_total_percent", "kymo_system_cpu_ratio", to_percent);
  if (!per_core.empty()) fields.add("cpu_per_core", std::string_view(per_core));
  fields.add_reading("total_cpu_cores", "kymo_system_cpu_cores", as_it_is);
  fields.add_reading("effective_cores_used", "kymo_system_effective_cores", as_it_is);
}

}  // namespace

void log_current_metrics(const Snapshot& snapshot, const LogSink& sink,
                         std::optional<std::string_view> connection_id) {
  const std::string per_core = percent_per_core(snapshot);
  FieldList fields(snapshot);
  std::string message = "server metrics";
  if (connection_id) {
    message = "[" + std::string(*connection_id) + "] " + message;
    fields.add("connection_id", *connection_id);
  }
  add_server(snapshot, fields);
  add_host(per_core, fields);
  fields.add("uptime_seconds", to_hundredths(std::chrono::duration<double>(snapshot.uptime).count()));
  sink(message, fields.all());
}

}  // namespace kymo::KYMO_ABI::packs
