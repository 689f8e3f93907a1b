#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::system {

/// Selects names by patterns: `*` matches any characters, `?` one, `#` one or more digits. A name is selected
/// if `include` is empty or matches, and `exclude` does not match.
struct KYMO_API NameFilter {
  std::vector<std::string> include;
  std::vector<std::string> exclude;

  [[nodiscard]] bool takes(std::string_view name) const noexcept;
};

/// Selects node_exporter's memory families; see docs/reference/system-metrics.md.
enum class NodeMemory : std::uint8_t {
  all,         ///< each field of /proc/meminfo, `node_memory_MemTotal_bytes` among them
  lint_clean,  ///< without names that hold a capital after a small letter, which `promtool check metrics`
               ///< refuses
  none,
};

/// The readings of a SystemCollector, and their limits.
struct SystemOptions {
  std::string proc_root = "/proc";
  std::string sys_root = "/sys";

  bool cpu = true;
  bool memory = true;
  bool load = true;
  bool pressure = true;
  bool disk = true;
  bool filesystem = true;
  bool network = true;
  bool cgroup =
      true;  ///< also the limits that groups set; without it only the host's and the affinity mask count
  bool process = true;

  NodeMemory node_memory = NodeMemory::all;

  /// Block devices. Excluded: memory disks, loop and floppy devices, and partitions, which their disks
  /// already count.
  NameFilter disks{
      .include = {},
      .exclude = {"ram#", "loop#", "fd#", "sd*#", "hd*#", "vd*#", "xvd*#", "nvme*p#", "mmcblk#p#", "sr#"}};
  /// Network interfaces.
  NameFilter interfaces{};
  /// The interfaces in the host's total: all but the loopback and those whose traffic another one counts too.
  /// If `include` is empty and `exclude` leaves none, all but the loopback count.
  NameFilter network_total{
      .include = {},
      .exclude = {"lo",       "veth*",  "docker*", "br-*",    "br#",     "virbr*",   "vnet*",   "cni*",
                  "flannel*", "cali*",  "cilium*", "lxc*",    "tap*",    "tun*",     "wg*",     "bond*",
                  "team*",    "dummy*", "ifb*",    "vlan*",   "*.#",     "macvlan*", "ipvlan*", "sit#",
                  "tunl#",    "gre#",   "gretap#", "erspan#", "ip6tnl#", "ip6gre#",  "ip_vti#", "ip6_vti#"}};
  /// Mount points.
  NameFilter mountpoints{};

  /// Ratios and rates span at least this long; more frequent calls return the last ones again.
  std::chrono::milliseconds rate_interval{100};
  /// Minimum time between readings of filesystems.
  std::chrono::milliseconds filesystem_interval{10'000};
  /// Minimum time between readings of PSS and USS. Each reading walks all pages of the process. After a long
  /// one the next waits, so the walks take a thousandth of the time.
  std::chrono::milliseconds memory_map_interval{10'000};
  /// Time between look-ups of this process' cgroup and its limits; its usage is read each time.
  std::chrono::milliseconds cgroup_interval{10'000};

  // Limits; items beyond are skipped and counted in `kymo_collector_omitted_items`.
  std::size_t max_cpus = 240;  ///< CPUs with their own series; the total counts all
  std::size_t max_disks = 64;
  std::size_t max_filesystems = 64;
  std::size_t max_interfaces = 64;
  std::size_t max_memory_fields = 128;
};

}  // namespace kymo::KYMO_ABI::system
