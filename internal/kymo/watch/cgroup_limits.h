#pragma once

#include <optional>
#include <string>
#include <vector>

#include <kymo/watch/process_reader.h>

namespace kymo::KYMO_ABI::watch {

/// The CPU limits of a process' groups, its own and their parents. Threads: one at a time.
class CgroupLimits final {
 public:
  /// Finds the groups. Repeat it now and then: a process may move.
  void look_up(ProcFiles& files, Pid pid);

  /// The smallest limit, in cores; nothing without a limit.
  [[nodiscard]] std::optional<double> cores() const noexcept { return cores_; }
  /// Total time that its groups were throttled; nothing if no group has a limit.
  [[nodiscard]] std::optional<double> throttled_seconds(ProcFiles& files) const;

 private:
  std::vector<std::string> stat_files_;
  std::optional<double> cores_;
};

}  // namespace kymo::KYMO_ABI::watch
