#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/base/text_files.h>

namespace kymo::KYMO_ABI::watch {

using Pid = std::uint64_t;

/// The kernel's files of any process. Threads: one at a time.
class ProcFiles final {
 public:
  explicit ProcFiles(std::string proc_root = "/proc", std::string sys_root = "/sys");

  /// Opens the file each time: a kept descriptor is useless once its process is gone.
  base::ReadResult read(const std::string& path, std::string& text);
  /// The numeric entries of a folder, ascending: processes, threads, descriptors.
  [[nodiscard]] std::vector<Pid> numbers_in(const std::string& path) const;
  [[nodiscard]] std::optional<std::uint64_t> open_files(Pid pid) const;

 private:
  base::KernelFiles files_;
};

/// The counts of one thread; figures that the kernel lacks or denies are empty.
struct ThreadReading {
  Pid id = 0;
  std::optional<double> cpu_seconds;
  std::optional<double> wait_seconds;  ///< ready to run, without a CPU
  std::optional<std::uint64_t> voluntary_switches, involuntary_switches;
  bool waits_for_io = false;  ///< in a sleep that no signal ends (state D)
};

/// One process at one moment; figures that the kernel lacks or denies are empty.
struct ProcessReading {
  Pid pid = 0;
  Pid parent = 0;
  std::uint64_t start_ticks = 0;  ///< since boot; with the pid, identifies the process
  /// The process has ended and is a zombie: its parent has not waited for it. Of the fields below, only CPU
  /// time, faults, input and output are set.
  bool is_zombie = false;
  double cpu_seconds = 0;
  double waited_cpu_seconds = 0;  ///< of ended children that it has waited for, and of theirs
  std::uint64_t threads = 0;
  std::uint64_t minor_faults = 0, major_faults = 0;
  std::uint64_t waited_minor_faults = 0, waited_major_faults = 0;
  std::optional<std::uint64_t> resident_bytes, anonymous_bytes, swap_bytes, cpus_allowed, open_files;
  std::optional<std::uint64_t> read_bytes, written_bytes, disk_read_bytes, disk_written_bytes;
  std::vector<ThreadReading> tasks;  ///< limited by the caller
};

/// Reads one process; nothing for an unknown pid.
[[nodiscard]] std::optional<ProcessReading> read_process(ProcFiles& files, Pid pid, std::size_t most_tasks);

/// A process' proportional memory (PSS). The kernel walks over its pages meanwhile.
[[nodiscard]] std::optional<std::uint64_t> read_proportional_bytes(ProcFiles& files, Pid pid);

/// Identifies a process: pids are reused.
struct KnownProcess {
  Pid pid = 0;
  std::uint64_t start_ticks = 0;
  bool operator==(const KnownProcess&) const = default;
};

/// The process that adopts orphans of a tree. `others`: its descendants from before the tree, which are no
/// part of it.
struct Foster {
  Pid pid = 0;  ///< 0: none
  std::vector<KnownProcess> others = {};
};

/// The process and all its descendants, ascending; at least itself. Living processes of `known` belong
/// to it with all their descendants, under any parent. So do the children of the foster, except its
/// others.
[[nodiscard]] std::vector<Pid> read_tree(ProcFiles& files, Pid root, std::span<const KnownProcess> known = {},
                                         const Foster& foster = {});

/// All descendants of a process now, without itself.
[[nodiscard]] std::vector<KnownProcess> read_descendants(ProcFiles& files, Pid root);

/// The process' own name, such as `python3`; empty if it has none.
[[nodiscard]] std::string read_name(ProcFiles& files, Pid pid);

}  // namespace kymo::KYMO_ABI::watch
