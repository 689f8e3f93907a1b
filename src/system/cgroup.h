#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/system/cgroup_files.h>
#include <kymo/system/rate.h>
#include <kymo/system/subject.h>

namespace kymo::KYMO_ABI::system {

/// The cgroup of this process, and its effective limits with the affinity mask and the host.
class CgroupSubject final : public Subject {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "cgroup"; }
  void sample(Sampling& sampling) override;
  void write(SnapshotWriter& writer) const override;

 private:
  /// The files to read each time; an empty path means no such file. Usage is the group's own. Throttling and
  /// memory events are those of the limiting group, which may be a parent.
  struct UsageFiles {
    std::string cpu_stat, cpu_usage, cpu_throttling, memory_usage, memory_events, pids;
    std::vector<std::string> pids_limits;
  };

  void look_up(Sampling& sampling);
  void find_cpu_files(Sampling& sampling, const CgroupPlace& place);
  void find_memory_files(Sampling& sampling, const CgroupPlace& place);
  void sample_cpu(Sampling& sampling);
  void sample_memory(Sampling& sampling);
  void sample_pids(Sampling& sampling);
  void combine_limits(const HostFacts& facts);
  void update_ratio(const Sampling& sampling);
  void write_cpu(SnapshotWriter& writer) const;
  void write_memory(SnapshotWriter& writer) const;

  std::optional<std::chrono::steady_clock::time_point> looked_up_at_;
  UsageFiles files_;
  std::optional<double> cpu_limit_, memory_limit_;            // by the groups alone
  std::optional<double> effective_cores_, effective_memory_;  // with the host and the affinity mask
  CgroupCpuStat cpu_;
  std::optional<double> memory_usage_, pids_, pids_limit_;
  std::vector<MemoryEvent> events_;
  RateClock clock_;
  std::optional<double> usage_base_seconds_;
  std::optional<double> ratio_;
};

}  // namespace kymo::KYMO_ABI::system
