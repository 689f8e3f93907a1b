#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::system {

/// Which names to take, by patterns in which `*` stands for any characters, `?` for one, `#` for one or more
/// digits. A name is taken when `include` is empty or has a pattern for it, and `exclude` has none.
struct KYMO_API NameFilter {
  std::vector<std::string> include;
  std::vector<std::string> exclude;

  [[nodiscard]] bool takes(std::string_view name) const noexcept;
};

/// Which of node_exporter's memory families are written; see docs/reference/system-metrics.md.
enum class NodeMemory : std::uint8_t {
  all,         ///< each field of /proc/meminfo, `node_memory_MemTotal_bytes` among them
  lint_clean,  ///< without names that hold a capital after a small letter, which `promtool check metrics`
               ///< refuses
  none,
};

/// What a SystemCollector reads, and how much of it at most.
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
      true;  ///< also the limits that groups set; without it only the host's own and the affinity mask count
  bool process = true;

  NodeMemory node_memory = NodeMemory::all;

  /// Block devices. Left out: memory disks, loop and floppy devices, and partitions, which their disks count
  /// already.
  NameFilter disks{
      .include = {},
      .exclude = {"ram#", "loop#", "fd#", "sd*#", "hd*#", "vd*#", "xvd*#", "nvme*p#", "mmcblk#p#", "sr#"}};
  /// Network interfaces.
  NameFilter interfaces{};
  /// Those of them that make up the host's total: all but the loopback and those whose traffic another one
  /// counts too. Where `include` is empty and `exclude` leaves none, all but the loopback count.
  NameFilter network_total{
      .include = {},
      .exclude = {"lo",       "veth*",  "docker*", "br-*",    "br#",     "virbr*",   "vnet*",   "cni*",
                  "flannel*", "cali*",  "cilium*", "lxc*",    "tap*",    "tun*",     "wg*",     "bond*",
                  "team*",    "dummy*", "ifb*",    "vlan*",   "*.#",     "macvlan*", "ipvlan*", "sit#",
                  "tunl#",    "gre#",   "gretap#", "erspan#", "ip6tnl#", "ip6gre#",  "ip_vti#", "ip6_vti#"}};
  /// Mount points.
  NameFilter mountpoints{};

  /// Ratios and rates span at least this long; asking more often gives the last ones again.
  std::chrono::milliseconds rate_interval{100};
  /// How often filesystems are asked at most.
  std::chrono::milliseconds filesystem_interval{10'000};
  /// How often PSS and USS are read at most. Each reading walks all pages of the process; after a long one
  /// the next comes so late that the walks take a thousandth of the time.
  std::chrono::milliseconds memory_map_interval{10'000};
  /// How often this process' cgroup and its limits are looked up; what it uses is read each time.
  std::chrono::milliseconds cgroup_interval{10'000};

  // Limits; what lies beyond is left out and counted in `kymo_collector_omitted_items`.
  std::size_t max_cpus = 240;  ///< with a series of their own; the total counts all
  std::size_t max_disks = 64;
  std::size_t max_filesystems = 64;
  std::size_t max_interfaces = 64;
  std::size_t max_memory_fields = 128;
};

}  // namespace kymo::KYMO_ABI::system
