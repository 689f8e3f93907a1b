#include <kymo/watch/cgroup_limits.h>

#include <algorithm>

#include <kymo/system/cgroup_files.h>

namespace kymo::KYMO_ABI::watch {
namespace {

using base::ReadResult;

std::optional<double> group_cores(ProcFiles& files, system::CgroupPlace::Version version,
                                  const std::string& directory) {
  std::string text;
  if (version == system::CgroupPlace::Version::v2) {
    if (files.read(directory + "/cpu.max", text) != ReadResult::ok) return std::nullopt;
    return system::parse_cpu_max(text).value;
  }
  std::string period;
  if (files.read(directory + "/cpu.cfs_quota_us", text) != ReadResult::ok ||
      files.read(directory + "/cpu.cfs_period_us", period) != ReadResult::ok)
    return std::nullopt;
  return system::parse_cfs_quota(text, period).value;
}

}  // namespace

void CgroupLimits::look_up(ProcFiles& files, Pid pid) {
  stat_files_.clear();
  cores_.reset();
  std::string text;
  if (files.read("/proc/" + std::to_string(pid) + "/cgroup", text) != ReadResult::ok) return;
  bool understood = true;
  const auto memberships = system::parse_memberships(text, understood);
  // Our own view of the mounts: the process' mounts may be unreachable from here.
  if (files.read("/proc/self/mountinfo", text) != ReadResult::ok) return;
  const auto place = system::find_cgroup("cpu", memberships, system::parse_mounts(text, understood));
  if (!place) return;
  for (const std::string& directory : place->directories) {
    stat_files_.push_back(directory + "/cpu.stat");
    const auto limit = group_cores(files, place->version, directory);
    if (limit) cores_ = std::min(cores_.value_or(*limit), *limit);
  }
}

std::optional<double> CgroupLimits::throttled_seconds(ProcFiles& files) const {
  std::optional<double> sum;
  std::string text;
  for (const std::string& path : stat_files_) {
    system::CgroupCpuStat stat;
    if (files.read(path, text) != ReadResult::ok || !system::parse_cpu_stat(text, stat)) continue;
    if (stat.throttled_seconds) sum = sum.value_or(0) + *stat.throttled_seconds;
  }
  return sum;
}

}  // namespace kymo::KYMO_ABI::watch
