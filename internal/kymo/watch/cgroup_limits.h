#pragma once

#include <optional>
#include <string>
#include <vector>

#include <kymo/watch/process_reader.h>

namespace kymo::KYMO_ABI::watch {

/// The CPU limits of the groups that a process is in, its own and those above it. Threads: one at a time.
class CgroupLimits final {
 public:
  /// Finds the groups; a process may move, so that this is done again now and then.
  void look_up(ProcFiles& files, Pid pid);

  /// The smallest limit, in cores; nothing where there is none.
  [[nodiscard]] std::optional<double> cores() const noexcept { return cores_; }
  /// For how long its groups were held back so far, together; nothing where none can be.
  [[nodiscard]] std::optional<double> throttled_seconds(ProcFiles& files) const;

 private:
  std::vector<std::string> stat_files_;
  std::optional<double> cores_;
};

}  // namespace kymo::KYMO_ABI::watch
