#include <kymo/watch/metric.h>

#include <algorithm>

namespace kymo::KYMO_ABI::watch {
namespace {

constexpr std::array<MetricInfo, kMetrics> kInfos = {{
    {Metric::cpu, "cpu", "CPU", "cores", false},
    {Metric::cpu_wait, "cpu_wait", "Waiting for a CPU", "threads", false},
    {Metric::busiest_thread, "busiest_thread", "Busiest thread", "ratio", false},
    {Metric::busiest_wait, "busiest_wait", "of that, waiting", "ratio", false},
    {Metric::resident, "rss", "Memory (RSS)", "bytes", true},
    {Metric::anonymous, "anonymous", "of that, anonymous", "bytes", true},
    {Metric::proportional, "pss", "Memory (PSS)", "bytes", true},
    {Metric::swapped, "swap", "Swapped out", "bytes", true},
    {Metric::threads, "threads", "Threads", "", true},
    {Metric::files, "fds", "Open files", "", true},
    {Metric::processes, "processes", "Processes", "", true},
    {Metric::read, "read", "Read", "bytes_per_second", false},
    {Metric::written, "written", "Written", "bytes_per_second", false},
    {Metric::disk_read, "disk_read", "Read from disk", "bytes_per_second", false},
    {Metric::disk_written, "disk_written", "Written to disk", "bytes_per_second", false},
    {Metric::voluntary_switches, "voluntary_switches", "Voluntary switches", "/s", false},
    {Metric::involuntary_switches, "involuntary_switches", "Forced switches", "/s", false},
    {Metric::minor_faults, "minor_faults", "Page faults, minor", "/s", false},
    {Metric::major_faults, "major_faults", "Page faults, major", "/s", false},
    {Metric::throttled, "throttled", "Throttled", "ratio", false},
    {Metric::io_wait, "io_wait", "Waiting for disk", "ratio", false},
}};

constexpr bool is_in_order() {
  for (std::size_t i = 0; i < kInfos.size(); ++i) {
    if (index_of(kInfos.at(i).metric) != i) return false;
  }
  return true;
}
static_assert(is_in_order());

}  // namespace

const std::array<MetricInfo, kMetrics>& metrics() noexcept { return kInfos; }

const MetricInfo& info_of(Metric metric) noexcept { return kInfos[index_of(metric)]; }

std::optional<Metric> metric_named(std::string_view name) noexcept {
  const auto* const found = std::ranges::find(kInfos, name, &MetricInfo::name);
  if (found == kInfos.end()) return std::nullopt;
  return found->metric;
}

}  // namespace kymo::KYMO_ABI::watch
