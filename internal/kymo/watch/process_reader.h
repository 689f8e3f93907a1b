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

  /// Opened anew each time: what is kept open is of no use once its process is gone.
  base::ReadResult read(const std::string& path, std::string& text);
  /// The entries of a folder that are numbers, in rising order: processes, threads, descriptors.
  [[nodiscard]] std::vector<Pid> numbers_in(const std::string& path) const;
  [[nodiscard]] std::optional<std::uint64_t> open_files(Pid pid) const;

 private:
  base::KernelFiles files_;
};

/// The counts of one thread; what the kernel does not tell, or not to us, is empty.
struct ThreadReading {
  Pid id = 0;
  std::optional<double> cpu_seconds;
  std::optional<double> wait_seconds;  ///< ready to run, without a CPU
  std::optional<std::uint64_t> voluntary_switches, involuntary_switches;
  bool waits_for_io = false;  ///< in a sleep that no signal ends (state D)
};

/// What the kernel tells of one process at one moment; what it does not tell, or not to us, is empty.
struct ProcessReading {
  Pid pid = 0;
  Pid parent = 0;
  std::uint64_t start_ticks = 0;  ///< since boot; with the pid, which process it is
  /// It has ended and is a zombie: its parent has not waited for it. Of what follows only the counts of CPU
  /// time, faults, input and output are there.
  bool is_zombie = false;
  double cpu_seconds = 0;
  double waited_cpu_seconds = 0;  ///< of children that have ended and that it has waited for, and of theirs
  std::uint64_t threads = 0;
  std::uint64_t minor_faults = 0, major_faults = 0;
  std::uint64_t waited_minor_faults = 0, waited_major_faults = 0;
  std::optional<std::uint64_t> resident_bytes, anonymous_bytes, swap_bytes, cpus_allowed, open_files;
  std::optional<std::uint64_t> read_bytes, written_bytes, disk_read_bytes, disk_written_bytes;
  std::vector<ThreadReading> tasks;  ///< as many as were asked for
};

/// Reads one process; nothing where it is not there.
[[nodiscard]] std::optional<ProcessReading> read_process(ProcFiles& files, Pid pid, std::size_t most_tasks);

/// A process' proportional memory (PSS). The kernel walks over its pages meanwhile.
[[nodiscard]] std::optional<std::uint64_t> read_proportional_bytes(ProcFiles& files, Pid pid);

/// Which process it is: pids are used again.
struct KnownProcess {
  Pid pid = 0;
  std::uint64_t start_ticks = 0;
  bool operator==(const KnownProcess&) const = default;
};

/// Takes in the processes of a tree that lose their parent. `others`: processes below it that were there
/// before the tree, and are no part of it.
struct Foster {
  Pid pid = 0;  ///< 0: nobody
  std::vector<KnownProcess> others = {};
};

/// The process and all that descend from it, in rising order; at least itself. Those of `known` that are
/// still there belong to it with all below them, whoever is their parent by now. So do the children of the
/// foster, but for its others.
[[nodiscard]] std::vector<Pid> read_tree(ProcFiles& files, Pid root, std::span<const KnownProcess> known = {},
                                         const Foster& foster = {});

/// All that descend from a process now, without itself.
[[nodiscard]] std::vector<KnownProcess> read_descendants(ProcFiles& files, Pid root);

/// The name that it has itself given, such as `python3`; empty where there is none.
[[nodiscard]] std::string read_name(ProcFiles& files, Pid pid);

}  // namespace kymo::KYMO_ABI::watch
