#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::watch {

/// A watched figure of a process. For a tree each is the sum; the busiest thread is one thread.
enum class Metric : std::uint8_t {
  cpu,                   ///< cores
  cpu_wait,              ///< mean number of threads that were ready to run and had no CPU
  busiest_thread,        ///< share of time that one thread ran or waited for a CPU
  busiest_wait,          ///< share of time that this thread waited for a CPU
  resident,              ///< bytes
  anonymous,             ///< bytes of the resident that no file holds
  proportional,          ///< bytes; shared pages divided by their users (PSS)
  swapped,               ///< bytes
  threads,               ///< how many
  files,                 ///< open file descriptors
  processes,             ///< how many
  read,                  ///< bytes a second by calls of any kind, cached or not
  written,               ///< bytes a second
  disk_read,             ///< bytes a second from storage
  disk_written,          ///< bytes a second to storage
  voluntary_switches,    ///< a second
  involuntary_switches,  ///< a second
  minor_faults,          ///< a second
  major_faults,          ///< a second
  throttled,             ///< share of time that a group's CPU limit throttled it
  io_wait,               ///< 1 while a thread waits for storage, else 0
};
inline constexpr std::size_t kMetrics = 21;

using Values = std::array<double, kMetrics>;

[[nodiscard]] constexpr std::size_t index_of(Metric metric) noexcept {
  return static_cast<std::size_t>(metric);
}

/// Name and unit of a metric.
struct MetricInfo {
  Metric metric;
  std::string_view name;   ///< in options and JSON: `rss`
  std::string_view title;  ///< for people: `Memory (RSS)`
  std::string_view unit;   ///< a unit of base::amount_text()
  bool is_level;           ///< an amount that can grow; not a rate
};

[[nodiscard]] const std::array<MetricInfo, kMetrics>& metrics() noexcept;
[[nodiscard]] const MetricInfo& info_of(Metric metric) noexcept;
/// The metric of that name, if there is one.
[[nodiscard]] std::optional<Metric> metric_named(std::string_view name) noexcept;

}  // namespace kymo::KYMO_ABI::watch
