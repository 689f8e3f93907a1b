#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <kymo/base/clock.h>
#include <kymo/core/snapshot_writer.h>
#include <kymo/system/host.h>
#include <kymo/system/system_options.h>

namespace kymo::KYMO_ABI::system {

/// Results of one subject that others need. Subjects are read in a fixed order; unknown values are
/// empty.
struct HostFacts {
  std::optional<double> uptime_seconds;
  std::optional<std::uint64_t> boot_time_seconds;
  std::optional<std::uint64_t> cpus_online;
  std::optional<std::uint64_t> cpus_allowed;  ///< size of this process' affinity mask
  std::optional<std::uint64_t> memory_total_bytes;
};

/// One reading of one subject: its source, its time and its errors.
struct Sampling {
  Host& host;
  const base::Clock& clock;
  const SystemOptions& options;
  HostFacts& facts;
  std::string& text;  ///< scratch for the file being parsed
  std::chrono::steady_clock::time_point now;
  std::uint64_t errors = 0;
  std::uint64_t omitted = 0;

  /// Reads a file that every kernel has: its absence is an error.
  bool read_required(std::string_view path) {
    const bool ok = host.read(path, text) == base::ReadResult::ok;
    if (!ok) ++errors;
    return ok;
  }

  /// Reads a file that some kernels or containers lack: its absence is no error.
  bool read_optional(std::string_view path) {
    const base::ReadResult result = host.read(path, text);
    if (result == base::ReadResult::failed) ++errors;
    return result == base::ReadResult::ok;
  }

  /// Counts a file that was not wholly valid.
  void check(bool understood) noexcept {
    if (!understood) ++errors;
  }
};

/// One file or group of files and its families. `sample` reads and computes; `write` only writes the results,
/// and nothing after a failed reading. Threads: one at a time.
class Subject {
 public:
  virtual ~Subject() = default;
  [[nodiscard]] virtual std::string_view name() const noexcept = 0;
  virtual void sample(Sampling& sampling) = 0;
  virtual void write(SnapshotWriter& writer) const = 0;
};

}  // namespace kymo::KYMO_ABI::system
