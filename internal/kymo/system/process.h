#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <kymo/system/rate.h>
#include <kymo/system/subject.h>
#include <kymo/version.h>

namespace kymo::KYMO_ABI::system {

/// Whether the descriptors belong to the calling process.
enum class Whose : std::uint8_t { own, another };

/// Number of descriptors in a folder such as /proc/<pid>/fd; nothing if unreadable. Threads: any.
[[nodiscard]] std::optional<std::uint64_t> count_open_files(const std::string& directory, Whose whose);

/// The used fields of /proc/<pid>/stat.
struct ProcessStat {
  char state = '?';  ///< `R`, `S`, `D`, `Z`, …: of the process' first thread
  std::uint64_t parent = 0;
  std::uint64_t minor_faults = 0;
  std::uint64_t major_faults = 0;
  std::uint64_t user_ticks = 0;
  std::uint64_t system_ticks = 0;
  /// Of ended children that the process has waited for, with the children these had waited for.
  std::uint64_t waited_minor_faults = 0, waited_major_faults = 0, waited_ticks = 0;
  std::uint64_t threads = 0;
  std::uint64_t start_ticks = 0;  ///< since boot
  std::uint64_t virtual_bytes = 0;
  std::uint64_t resident_pages = 0;
};

/// Parses /proc/<pid>/stat, with any characters in the program's name; nothing for invalid text.
[[nodiscard]] std::optional<ProcessStat> parse_process_stat(std::string_view text);

/// The used fields of /proc/<pid>/status; missing fields are empty. Switches and state are those of one
/// thread: the first, or the one whose file this is.
struct ProcessStatus {
  char state = '?';
  std::optional<std::uint64_t> resident_bytes, peak_resident_bytes, swap_bytes, cpus_allowed;
  std::optional<std::uint64_t> anonymous_bytes;  ///< of the resident, without files
  std::optional<std::uint64_t> voluntary_switches, involuntary_switches;
};
[[nodiscard]] ProcessStatus parse_process_status(std::string_view text);

/// Number of CPUs in a list such as `0-3,8`; nothing for invalid text.
[[nodiscard]] std::optional<std::uint64_t> count_cpu_list(std::string_view list);

/// The used fields of /proc/<pid>/smaps_rollup.
struct MemoryMaps {
  std::uint64_t proportional_bytes = 0;
  std::uint64_t unique_bytes = 0;
};
[[nodiscard]] std::optional<MemoryMaps> parse_smaps_rollup(std::string_view text);

/// The used fields of /proc/<pid>/io.
struct ProcessIo {
  std::uint64_t read_bytes = 0, written_bytes = 0, read_calls = 0, write_calls = 0;
  std::uint64_t storage_read_bytes = 0, storage_written_bytes = 0;
};
[[nodiscard]] std::optional<ProcessIo> parse_process_io(std::string_view text);

/// The soft limits of /proc/self/limits; one that is unlimited is empty.
struct ProcessLimits {
  std::optional<std::uint64_t> open_files, virtual_bytes;
};
/// False when the line of open files is missing or invalid.
[[nodiscard]] bool parse_limits(std::string_view text, ProcessLimits& limits);

/// This process, by /proc/self.
class ProcessSubject final : public Subject {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "process"; }
  void sample(Sampling& sampling) override;
  void write(SnapshotWriter& writer) const override;

 private:
  void sample_stat(Sampling& sampling);
  void sample_start(Sampling& sampling);
  [[nodiscard]] static std::optional<std::uint64_t> find_boot_time(Sampling& sampling);
  void sample_cpu(Sampling& sampling);
  void sample_files(Sampling& sampling);
  void sample_maps(Sampling& sampling);
  [[nodiscard]] std::optional<std::uint64_t> resident_bytes() const noexcept;
  void write_cpu(SnapshotWriter& writer) const;
  void write_memory(SnapshotWriter& writer) const;
  void write_counts(SnapshotWriter& writer) const;
  void write_io(SnapshotWriter& writer) const;

  std::optional<ProcessStat> stat_;
  ProcessStatus status_;
  std::optional<MemoryMaps> maps_;
  std::optional<ProcessIo> io_;
  ProcessLimits limits_;
  std::optional<std::uint64_t> open_files_;
  std::optional<ResourceUsage> usage_;
  std::optional<double> cpu_ratio_;
  std::optional<double> start_time_seconds_, age_seconds_;
  std::uint64_t started_at_ticks_ = 0;
  std::optional<std::chrono::steady_clock::time_point> maps_due_;
  RateClock clock_;
  double cpu_base_seconds_ = 0;
  double cpu_seconds_ = 0;
  std::uint64_t page_bytes_ = 4096;
};

}  // namespace kymo::KYMO_ABI::system
