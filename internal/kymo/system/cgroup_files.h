#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/system/filesystem.h>

namespace kymo::KYMO_ABI::system {

/// A process' place in one hierarchy: a line of /proc/self/cgroup.
struct CgroupMembership {
  std::vector<std::string> controllers;  ///< empty in version 2
  std::string path;
};

/// Parses /proc/self/cgroup; `understood` is true if every line was valid.
[[nodiscard]] std::vector<CgroupMembership> parse_memberships(std::string_view text, bool& understood);

/// The directories of a process' cgroup for one controller: its own first, then the parents up to the
/// mount.
struct CgroupPlace {
  enum class Version : std::uint8_t { v1, v2 };
  Version version = Version::v2;
  std::vector<std::string> directories;
};

/// Finds the cgroup for a controller ("cpu", "memory", "pids", "cpuacct"): in a version 1 hierarchy with it,
/// otherwise in version 2. Nothing if neither is mounted here.
[[nodiscard]] std::optional<CgroupPlace> find_cgroup(std::string_view controller,
                                                     const std::vector<CgroupMembership>& memberships,
                                                     const std::vector<Mount>& mounts);

/// A limit that may be absent: `max` in version 2, about 2^63 (memory) or -1 (CPU) in version 1.
struct CgroupLimit {
  bool understood = false;
  std::optional<double> value;
};
[[nodiscard]] CgroupLimit parse_limit(std::string_view text);

/// cpu.max, `quota period` in microseconds, as cores.
[[nodiscard]] CgroupLimit parse_cpu_max(std::string_view text);

/// cpu.cfs_quota_us and cpu.cfs_period_us of version 1, as cores.
[[nodiscard]] CgroupLimit parse_cfs_quota(std::string_view quota, std::string_view period);

/// A file that holds one whole number.
[[nodiscard]] std::optional<std::uint64_t> parse_single(std::string_view text);

/// cpu.stat of either version; missing fields are empty.
struct CgroupCpuStat {
  std::optional<double> usage_seconds, throttled_seconds;
  std::optional<std::uint64_t> periods, throttled_periods;
};
[[nodiscard]] bool parse_cpu_stat(std::string_view text, CgroupCpuStat& stat);

/// memory.events: count of each kind.
struct MemoryEvent {
  std::string_view type;  ///< a literal
  std::uint64_t count = 0;
};
[[nodiscard]] bool parse_memory_events(std::string_view text, std::vector<MemoryEvent>& events);

}  // namespace kymo::KYMO_ABI::system
