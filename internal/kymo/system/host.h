#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <kymo/base/text_files.h>
#include <kymo/system/system_options.h>

namespace kymo::KYMO_ABI::system {

/// Result of `statvfs`.
struct FileSystemSpace {
  std::uint64_t size_bytes = 0;
  std::uint64_t free_bytes = 0;
  std::uint64_t available_bytes = 0;
  std::uint64_t files = 0;
  std::uint64_t files_free = 0;
};

/// Result of `uname`.
struct HostIdentity {
  std::string sysname, release, version, machine, nodename, domainname;
};

/// Result of `getrusage` for this process: all its threads, also ended ones. /proc/self/status counts the
/// main thread's context switches only, and /proc/self/stat has CPU time in ticks of 10 ms.
struct ResourceUsage {
  double cpu_seconds = 0;
  std::uint64_t voluntary_switches = 0;
  std::uint64_t involuntary_switches = 0;
};

/// The collectors' view of the machine, so that a test can pass another one. Threads: one at a
/// time.
class Host : public base::TextFiles {
 public:
  [[nodiscard]] virtual std::optional<FileSystemSpace> space(const std::string& mountpoint) = 0;
  [[nodiscard]] virtual std::optional<std::uint64_t> open_files() = 0;
  [[nodiscard]] virtual std::optional<ResourceUsage> usage() = 0;
  [[nodiscard]] virtual HostIdentity identity() = 0;
  /// Seconds since boot, with the time spent asleep. The kernel uses this clock for start times of processes,
  /// also in a time namespace. A container may have a /proc/uptime and a `btime` of its own.
  [[nodiscard]] virtual std::optional<double> boot_seconds() = 0;
  [[nodiscard]] virtual std::uint64_t ticks_per_second() const noexcept = 0;
  [[nodiscard]] virtual std::uint64_t page_bytes() const noexcept = 0;
};

/// The machine itself.
[[nodiscard]] std::unique_ptr<Host> make_linux_host(const SystemOptions& options);

}  // namespace kymo::KYMO_ABI::system
