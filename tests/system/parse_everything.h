#pragma once

#include <string_view>
#include <vector>

#include <kymo/system/cgroup_files.h>
#include <kymo/system/filesystem.h>
#include <kymo/system/process.h>
#include <kymo/system/text_scan.h>

#include "src/system/cpu.h"
#include "src/system/disk.h"
#include "src/system/host_subject.h"
#include "src/system/memory.h"
#include "src/system/network.h"
#include "src/system/pressure.h"

namespace kymo::KYMO_ABI::system {

/// Gives a text to every parser and checks what must hold whatever it is. False names a broken promise.
inline bool parse_everything(std::string_view text) {
  bool holds = true;
  StatFile stat;
  const bool stat_ok = parse_stat(text, 4, stat);
  holds &= stat.cpus.size() <= 4 && stat.cpus.size() <= stat.cpu_count && (!stat_ok || stat.total);
  if (stat.total) {
    BusyRatio ratio;
    ratio.update(*stat.total);
    holds &= !ratio.value() || (*ratio.value() >= 0 && *ratio.value() <= 1);
  }
  MemoryFile memory;
  const bool memory_ok = parse_meminfo(text, 3, memory);
  holds &= memory.fields.size() <= 3 && (!memory_ok || memory.find("MemTotal"));
  const auto available = available_memory(memory);
  holds &= !available || *available <= *memory.find("MemTotal");

  if (const auto load = parse_loadavg(text)) holds &= (*load)[0] >= 0 && (*load)[2] >= 0;
  if (const auto uptime = parse_uptime(text)) holds &= *uptime >= 0;
  PressureFile pressure;
  if (parse_pressure(text, pressure)) holds &= pressure.some || pressure.full;
  if (pressure.some) holds &= pressure.some->ratio_10s >= 0 && pressure.some->ratio_10s <= 1;

  Lines lines(text);
  std::string_view line;
  while (lines.next(line)) {
    DiskLine disk;
    if (parse_disk_line(line, disk)) holds &= !disk.name.empty() && disk.columns <= DiskLine::kColumns;
    InterfaceLine interface;
    if (parse_interface_line(line, interface)) holds &= !interface.name.empty();
    static_cast<void>(count_cpu_list(line));
  }
  bool understood = false;
  const std::vector<Mount> mounts = parse_mounts(text, understood);
  holds &= measurable_mounts(mounts).size() <= mounts.size();
  const auto memberships = parse_memberships(text, understood);
  for (const char* controller : {"cpu", "memory", "pids"}) {
    if (const auto place = find_cgroup(controller, memberships, mounts)) holds &= !place->directories.empty();
  }
  const CgroupLimit quota = parse_cpu_max(text);
  holds &= !quota.value || (quota.understood && *quota.value >= 0);
  static_cast<void>(parse_cfs_quota(text, text));
  static_cast<void>(parse_limit(text));
  CgroupCpuStat cpu;
  static_cast<void>(parse_cpu_stat(text, cpu));
  std::vector<MemoryEvent> events;
  static_cast<void>(parse_memory_events(text, events));
  holds &= events.size() <= 6;

  static_cast<void>(parse_process_stat(text));
  static_cast<void>(parse_process_status(text));
  static_cast<void>(parse_smaps_rollup(text));
  static_cast<void>(parse_process_io(text));
  ProcessLimits limits;
  static_cast<void>(parse_limits(text, limits));
  return holds;
}

}  // namespace kymo::KYMO_ABI::system
