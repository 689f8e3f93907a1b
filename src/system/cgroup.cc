#include "cgroup.h"

#include <algorithm>
#include <utility>

#include <kymo/system/text_scan.h>

namespace kymo::KYMO_ABI::system {
namespace {

void keep_smaller(std::optional<double>& smallest, std::optional<double> value) noexcept {
  if (value) smallest = std::min(smallest.value_or(*value), *value);
}

/// A limit of one group; a missing file (as at the root of version 2) means no limit.
std::optional<double> read_limit(Sampling& sampling, const std::string& path,
                                 CgroupLimit (*parse)(std::string_view)) {
  if (!sampling.read_optional(path)) return std::nullopt;
  const CgroupLimit limit = parse(sampling.text);
  sampling.check(limit.understood);
  return limit.value;
}

std::optional<double> read_cpu_limit(Sampling& sampling, CgroupPlace::Version version,
                                     const std::string& directory) {
  if (version == CgroupPlace::Version::v2) return read_limit(sampling, directory + "/cpu.max", parse_cpu_max);
  if (!sampling.read_optional(directory + "/cpu.cfs_quota_us")) return std::nullopt;
  const std::string quota = sampling.text;
  if (!sampling.read_optional(directory + "/cpu.cfs_period_us")) return std::nullopt;
  const CgroupLimit limit = parse_cfs_quota(quota, sampling.text);
  sampling.check(limit.understood);
  return limit.value;
}

std::optional<double> read_number(Sampling& sampling, const std::string& path) {
  if (path.empty() || !sampling.read_optional(path)) return std::nullopt;
  const std::optional<std::uint64_t> value = parse_single(sampling.text);
  sampling.check(value.has_value());
  return as_double(value);
}

/// Version 1 may have a process in one group for its quota and in another for its use of CPU. The use of that
/// one is no share of the quota.
bool is_one_group(const std::vector<CgroupMembership>& memberships) {
  const auto path_of = [&](std::string_view controller) -> const std::string* {
    for (const CgroupMembership& one : memberships) {
      if (std::ranges::find(one.controllers, controller) != one.controllers.end()) return &one.path;
    }
    return nullptr;
  };
  const std::string* const quota = path_of("cpu");
  const std::string* const usage = path_of("cpuacct");
  return quota == nullptr || usage == nullptr || *quota == *usage;
}

}  // namespace

void CgroupSubject::sample(Sampling& sampling) {
  if (!looked_up_at_ || sampling.now - *looked_up_at_ >= sampling.options.cgroup_interval) {
    looked_up_at_ = sampling.now;
    look_up(sampling);
  }
  combine_limits(sampling.facts);
  sample_cpu(sampling);
  sample_memory(sampling);
  sample_pids(sampling);
}

void CgroupSubject::look_up(Sampling& sampling) {
  const UsageFiles before = std::exchange(files_, {});
  cpu_limit_.reset();
  memory_limit_.reset();
  if (!sampling.read_optional("/proc/self/cgroup")) return;
  bool understood = true;
  const std::vector<CgroupMembership> memberships = parse_memberships(sampling.text, understood);
  sampling.check(understood);
  if (!sampling.read_required("/proc/self/mountinfo")) return;
  const std::vector<Mount> mounts = parse_mounts(sampling.text, understood);
  const auto accounting = find_cgroup("cpuacct", memberships, mounts);
  if (accounting && accounting->version == CgroupPlace::Version::v1 && is_one_group(memberships))
    files_.cpu_usage = accounting->directories.front() + "/cpuacct.usage";
  if (const auto cpu = find_cgroup("cpu", memberships, mounts)) find_cpu_files(sampling, *cpu);
  if (const auto memory = find_cgroup("memory", memberships, mounts)) find_memory_files(sampling, *memory);
  if (const auto pids = find_cgroup("pids", memberships, mounts)) {
    files_.pids = pids->directories.front() + "/pids.current";
    for (const std::string& directory : pids->directories)
      files_.pids_limits.push_back(directory + "/pids.max");
  }
  // Figures of another group are no base for this one.
  if (files_.cpu_stat != before.cpu_stat || files_.cpu_usage != before.cpu_usage) usage_base_seconds_.reset();
}

/// The limiting group is the one with the smallest quota. If that was never throttled but another one was,
/// because sibling groups share its quota, it is that one.
void CgroupSubject::find_cpu_files(Sampling& sampling, const CgroupPlace& place) {
  struct Quota {
    double cores = 0;
    std::string stat;
    bool was_throttled = false;
  };
  std::vector<Quota> quotas;
  for (const std::string& directory : place.directories) {
    const auto limit = read_cpu_limit(sampling, place.version, directory);
    if (!limit) continue;
    Quota& quota = quotas.emplace_back(Quota{.cores = *limit, .stat = directory + "/cpu.stat"});
    CgroupCpuStat stat;
    quota.was_throttled = sampling.read_optional(quota.stat) && parse_cpu_stat(sampling.text, stat) &&
                          stat.throttled_periods.value_or(0) > 0;
  }
  files_.cpu_stat = files_.cpu_throttling = place.directories.front() + "/cpu.stat";
  if (quotas.empty()) return;
  // Among equal quotas the first, which is nearest to the process.
  const auto smallest = std::ranges::min_element(quotas, {}, &Quota::cores);
  cpu_limit_ = smallest->cores;
  files_.cpu_throttling = smallest->stat;
  const auto by_throttling = [](const Quota& quota) { return std::pair(!quota.was_throttled, quota.cores); };
  const auto throttled = std::ranges::min_element(quotas, {}, by_throttling);
  if (throttled->was_throttled) files_.cpu_throttling = throttled->stat;
}

void CgroupSubject::find_memory_files(Sampling& sampling, const CgroupPlace& place) {
  const bool v2 = place.version == CgroupPlace::Version::v2;
  std::string limiting = place.directories.front();
  for (const std::string& directory : place.directories) {
    const auto limit =
        read_limit(sampling, directory + (v2 ? "/memory.max" : "/memory.limit_in_bytes"), parse_limit);
    if (!limit || (memory_limit_ && *memory_limit_ <= *limit)) continue;
    memory_limit_ = limit;
    limiting = directory;
  }
  files_.memory_usage = place.directories.front() + (v2 ? "/memory.current" : "/memory.usage_in_bytes");
  if (v2) files_.memory_events = limiting + "/memory.events";
}

void CgroupSubject::combine_limits(const HostFacts& facts) {
  effective_cores_ = as_double(facts.cpus_online);
  if (effective_cores_) {
    keep_smaller(effective_cores_, as_double(facts.cpus_allowed));
    keep_smaller(effective_cores_, cpu_limit_);
  }
  effective_memory_ = as_double(facts.memory_total_bytes);
  if (effective_memory_) keep_smaller(effective_memory_, memory_limit_);
}

void CgroupSubject::sample_cpu(Sampling& sampling) {
  cpu_ = {};
  if (!files_.cpu_stat.empty() && sampling.read_optional(files_.cpu_stat)) {
    sampling.check(parse_cpu_stat(sampling.text, cpu_));
  }
  if (files_.cpu_throttling != files_.cpu_stat) {
    const auto usage = cpu_.usage_seconds;
    cpu_ = {};
    if (sampling.read_optional(files_.cpu_throttling)) sampling.check(parse_cpu_stat(sampling.text, cpu_));
    cpu_.usage_seconds = usage;
  }
  if (!files_.cpu_usage.empty()) {
    const std::optional<double> nanoseconds = read_number(sampling, files_.cpu_usage);
    if (nanoseconds) cpu_.usage_seconds = *nanoseconds / 1e9;
  }
  update_ratio(sampling);
}

void CgroupSubject::update_ratio(const Sampling& sampling) {
  if (!cpu_.usage_seconds) {
    usage_base_seconds_.reset();
    ratio_.reset();
    return;
  }
  const std::optional<double> elapsed = clock_.due(sampling.now, sampling.options.rate_interval);
  const bool grew = usage_base_seconds_ && *cpu_.usage_seconds >= *usage_base_seconds_;
  if (elapsed || !usage_base_seconds_) ratio_.reset();
  if (elapsed && grew && effective_cores_ && *effective_cores_ > 0) {
    ratio_ = (*cpu_.usage_seconds - *usage_base_seconds_) / *elapsed / *effective_cores_;
  }
  if (elapsed || !usage_base_seconds_) usage_base_seconds_ = cpu_.usage_seconds;
}

void CgroupSubject::sample_memory(Sampling& sampling) {
  memory_usage_ = read_number(sampling, files_.memory_usage);
  events_.clear();
  if (!files_.memory_events.empty() && sampling.read_optional(files_.memory_events)) {
    sampling.check(parse_memory_events(sampling.text, events_));
  }
}

void CgroupSubject::sample_pids(Sampling& sampling) {
  pids_ = read_number(sampling, files_.pids);
  pids_limit_.reset();
  for (const std::string& file : files_.pids_limits)
    keep_smaller(pids_limit_, read_limit(sampling, file, parse_limit));
}

void CgroupSubject::write(SnapshotWriter& writer) const {
  write_cpu(writer);
  write_memory(writer);
  if (pids_) writer.gauge({"kymo_cgroup_pids", "Tasks in the cgroup.", {}}).add(*pids_);
  if (pids_limit_)
    writer.gauge({"kymo_cgroup_pids_limit", "Smallest limit on tasks of the cgroup and those above.", {}})
        .add(*pids_limit_);
}

void CgroupSubject::write_cpu(SnapshotWriter& writer) const {
  const auto gauge = [&](const FamilyOptions& family, std::optional<double> value) {
    if (value) writer.gauge(family).add(*value);
  };
  const auto counter = [&](const FamilyOptions& family, std::optional<double> value) {
    if (value) writer.counter(family).add(*value);
  };
  gauge({"kymo_system_cpu_limit_cores", "Cores that this process may use.", {}}, effective_cores_);
  gauge({"kymo_cgroup_cpu_limit_cores", "Smallest CPU quota of the cgroup and those above.", {}}, cpu_limit_);
  gauge({"kymo_cgroup_cpu_ratio", "CPU used by the cgroup as a share of its limit.", "ratio"}, ratio_);
  counter({"kymo_cgroup_cpu_seconds_total", "CPU time used by the cgroup.", "seconds"}, cpu_.usage_seconds);
  counter(
      {"kymo_cgroup_cpu_periods_total", "Quota periods of the group that limits, this one or one above.", {}},
      as_double(cpu_.periods));
  counter({"kymo_cgroup_cpu_throttled_periods_total", "Quota periods in which that group was throttled.", {}},
          as_double(cpu_.throttled_periods));
  counter({"kymo_cgroup_cpu_throttled_seconds_total", "Time that group was throttled, summed over CPUs.",
           "seconds"},
          cpu_.throttled_seconds);
}

void CgroupSubject::write_memory(SnapshotWriter& writer) const {
  const auto bytes = [&](std::string_view name, std::string_view help, std::optional<double> value) {
    if (value) writer.gauge({name, help, "bytes"}).add(*value);
  };
  bytes("kymo_system_memory_limit_bytes", "Memory that this process may use.", effective_memory_);
  bytes("kymo_cgroup_memory_limit_bytes", "Smallest memory limit of the cgroup and those above.",
        memory_limit_);
  bytes("kymo_cgroup_memory_usage_bytes", "Memory charged to the cgroup, page cache included.",
        memory_usage_);
  FamilyWriter events = writer.counter(
      {"kymo_cgroup_memory_events_total", "Events of the memory controller in the group that limits.", {}});
  for (const MemoryEvent& event : events_) {
    events.add({{"type", event.type}}, static_cast<double>(event.count));
  }
}

}  // namespace kymo::KYMO_ABI::system
