#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <kymo/system/rate.h>
#include <kymo/system/subject.h>

namespace kymo::KYMO_ABI::system {

/// CPU time in ticks, in the kernel's order of columns.
struct CpuTimes {
  enum Mode : std::uint8_t { user, nice, system, idle, iowait, irq, softirq, steal, guest, guest_nice };
  static constexpr std::size_t kModes = 10;

  std::array<std::uint64_t, kModes> ticks{};

  /// All but idle and iowait. Guest time is part of user time and not counted again.
  [[nodiscard]] std::uint64_t busy() const noexcept;
  [[nodiscard]] std::uint64_t total() const noexcept { return busy() + ticks[idle] + ticks[iowait]; }
};

/// Content of /proc/stat; missing fields are empty.
struct StatFile {
  struct Cpu {
    std::uint64_t index = 0;
    CpuTimes times;
  };
  std::optional<CpuTimes> total;
  std::vector<Cpu> cpus;  ///< ascending by index, up to the caller's limit
  std::uint64_t cpu_count = 0;
  std::optional<std::uint64_t> interrupts, context_switches, boot_time, forks, running, blocked;

  /// Forgets everything but keeps the list's storage.
  void clear() noexcept;
};

/// Parses /proc/stat. False when an important line is invalid; `stat` holds the valid parts.
[[nodiscard]] bool parse_stat(std::string_view text, std::size_t max_cpus, StatFile& stat);

/// The share of CPU time that was busy between readings of one CPU, or of all.
class BusyRatio final {
 public:
  /// The first reading gives the average since boot. Keeps the last value while CPU time stands still. A mode
  /// whose time fell counts as unchanged; the others count.
  void update(const CpuTimes& now) noexcept;
  [[nodiscard]] std::optional<double> value() const noexcept { return value_; }
  /// Sets the base; the next reading gives a value.
  void start(const CpuTimes& now) noexcept { base_ = now; }

 private:
  CpuTimes base_;
  std::optional<double> value_;
};

/// /proc/stat: CPU time, CPU ratios, context switches, boot time.
class CpuSubject final : public Subject {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "cpu"; }
  void sample(Sampling& sampling) override;
  void write(SnapshotWriter& writer) const override;

 private:
  struct Core {
    std::uint64_t index = 0;
    CpuTimes shown;  ///< never less than the value shown before, see `hold`
    BusyRatio ratio;
  };

  void update_cores(bool first, bool due);
  void write_times(SnapshotWriter& writer) const;
  void write_ratios(SnapshotWriter& writer) const;
  void write_counts(SnapshotWriter& writer) const;

  StatFile stat_;
  std::vector<Core> cores_;
  std::vector<Core> previous_cores_;
  BusyRatio total_;
  RateClock clock_;
  double ticks_per_second_ = 100;
};

}  // namespace kymo::KYMO_ABI::system
