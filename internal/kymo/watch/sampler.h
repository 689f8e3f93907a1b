#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <kymo/watch/metric.h>
#include <kymo/watch/process_counts.h>
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

/// State and rates of a process between two readings; unknown values are NaN.
struct Sample {
  double at = 0;       ///< seconds since the first reading
  double seconds = 0;  ///< since the reading before; the base of rates
  Values values{};
};

/// Properties of a process that rarely change.
struct Surroundings {
  double cores = 1;                         ///< usable cores: affinity and groups' limits
  std::optional<double> limit_cores;        ///< by its groups
  std::uint64_t threads_not_looked_at = 0;  ///< too many to read each
  std::uint64_t zombies = 0;                ///< ended descendants whose parents do not wait for them
};

/// Growth of several counts since the reading before. A new thing counts from zero; a vanished one keeps its
/// counts of the last reading.
template <std::size_t kCounts>
class CountGrowth final {
 public:
  using Key = std::pair<Pid, std::uint64_t>;
  using Counts = std::array<double, kCounts>;  // NaN: not known

  /// Adds one thing and returns the growth of its counts.
  Counts add(Key key, const Counts& now) {
    Counts own{};
    const auto before = last_.find(key);
    for (std::size_t i = 0; i < kCounts; ++i) {
      if (!(now[i] >= 0)) continue;
      is_known_[i] = true;
      const double base = before == last_.end() ? (is_first_ ? now[i] : 0.0) : before->second[i];
      if (now[i] > base) own[i] = now[i] - base;
      grown_[i] += own[i];
    }
    next_.emplace(key, now);
    return own;
  }

  /// Ends the reading: returns the growth of each count.
  [[nodiscard]] Counts end() {
    Counts result = grown_;
    for (std::size_t i = 0; i < kCounts; ++i) {
      if (!is_known_[i]) result[i] = std::numeric_limits<double>::quiet_NaN();
    }
    last_ = std::exchange(next_, {});
    grown_ = {};
    is_known_ = {};
    is_first_ = false;
    return result;
  }

 private:
  std::map<Key, Counts> last_, next_;
  Counts grown_{};
  std::array<bool, kCounts> is_known_{};
  bool is_first_ = true;
};

/// Watches one process, or it and all its descendants. Threads: one at a time. Cost of a sample: some ten
/// files a process and two a thread, of at most kMostTasks threads.
class Sampler final {
 public:
  enum class Scope : std::uint8_t { process, tree };
  static constexpr std::size_t kMostTasks = 512;

  /// `foster`: the process that also waits for adopted orphans. Errors: std::runtime_error if the process
  /// does not exist, or is a zombie.
  Sampler(ProcFiles& files, Pid pid, Scope scope, Foster foster = {});

  /// Takes a reading at a time of a steady clock, in seconds. Nothing: the process has ended, or its pid was
  /// reused. The first one has no rates.
  [[nodiscard]] std::optional<Sample> sample(double now);

  /// The parent that has not waited for this zombie. Nothing while the process lives, or once it is gone.
  [[nodiscard]] std::optional<Pid> zombie_of() const;

  /// The watched processes besides the root, as of now.
  [[nodiscard]] std::vector<Pid> descendants() const;

  [[nodiscard]] const Surroundings& surroundings() const noexcept { return surroundings_; }

 private:
  struct Sum;
  [[nodiscard]] std::vector<Pid> read_pids() const;
  void add_descendants(const std::vector<Pid>& pids, Sum& sum);
  void add_process(const ProcessReading& reading, Sum& sum);
  void add_tasks(const ProcessReading& reading, Sum& sum);
  void take_proportional(double now, const std::vector<Pid>& pids, Values& values);
  [[nodiscard]] double throttled_share(double seconds);
  void look_around(double now, const ProcessReading& root);

  ProcFiles& files_;
  const Pid pid_;
  const Scope scope_;
  const Foster foster_;
  std::uint64_t start_ticks_;
  std::vector<KnownProcess> known_;    ///< of the tree, in the last reading
  std::vector<KnownProcess> zombies_;  ///< in the last reading
  CgroupLimits limits_;
  Surroundings surroundings_;
  ProcessCounts process_counts_;
  CountGrowth<4> task_counts_;
  std::optional<double> first_at_;
  double last_at_ = 0;
  double looked_around_at_ = -1e9;
  double proportional_due_ = -1e9;
  double proportional_ = std::numeric_limits<double>::quiet_NaN();
  double throttled_before_ = std::numeric_limits<double>::quiet_NaN();
};

}  // namespace kymo::KYMO_ABI::watch
