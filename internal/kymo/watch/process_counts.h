#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <utility>

#include <kymo/watch/process_reader.h>

namespace kymo::KYMO_ABI::watch {

/// NaN where the value is unknown.
[[nodiscard]] inline double number(std::optional<std::uint64_t> value) {
  return value ? static_cast<double>(*value) : std::numeric_limits<double>::quiet_NaN();
}

/// Growth of the counts of a process, or of a tree, from one reading to the next.
///
/// The kernel adds all counts of an ended process to the waited-for times of its parent. So the growth of
/// those times is added, less the counts that were read of the child while it lived. Thus children that came
/// and ended between two readings count too, once. The same holds for faults, and for input and output, which
/// the kernel adds to the parent's own. A child that nobody waited for (SIGCHLD is ignored) counts up to its
/// last reading. Threads: one at a time.
class ProcessCounts final {
 public:
  enum Count : std::uint8_t { cpu, minor_faults, major_faults, read, written, disk_read, disk_written };
  static constexpr std::size_t kCounts = 7;
  using Counts = std::array<double, kCounts>;  // NaN: not known

  enum class Scope : std::uint8_t {
    process,     ///< the process alone
    tree,        ///< the process and its waited-for children
    waited_for,  ///< only the children: for a foster parent, which adopts orphans
  };

  /// Adds one living process, in each reading.
  void add(const ProcessReading& reading, Scope scope);

  /// Ends the reading: returns the growth of each count. The first reading has none.
  [[nodiscard]] Counts end();

 private:
  using Key = std::pair<Pid, std::uint64_t>;  // with its start: identifies the process
  struct Entry {
    Pid parent = 0;
    bool is_tree = false;
    bool is_foster = false;
    Counts own{};
    Counts waited{};  ///< input and output are empty: they are in `own`
  };
  /// Counts of processes that have ended since, by the process that waited for them.
  using Ended = std::map<Key, Counts>;
  [[nodiscard]] Ended ended() const;
  [[nodiscard]] std::optional<Key> who_waited(const Entry& ended) const;
  /// Growth of a process by ended children: its waited-for counts less the counts read of these; below zero
  /// if another process waited.
  [[nodiscard]] Counts newly_waited(const Key& key, const Entry& now, const Ended& ended) const;
  void add_own(const Key& key, const Entry& now, const Ended& ended, Counts& grown) const;
  [[nodiscard]] Entry base_of(const Key& key, const Entry& now) const;

  std::map<Key, Entry> last_, now_;
  std::map<Pid, Key> last_by_pid_;
  bool is_first_ = true;
};

}  // namespace kymo::KYMO_ABI::watch
