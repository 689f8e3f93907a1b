#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/system/rate.h>
#include <kymo/system/subject.h>

namespace kymo::KYMO_ABI::system {

/// One line of /proc/diskstats.
struct DiskLine {
  /// The kernel's columns, in its order.
  enum Column : std::uint8_t {
    reads,
    reads_merged,
    sectors_read,
    read_ms,
    writes,
    writes_merged,
    sectors_written,
    write_ms,
    io_now,
    io_ms,
    weighted_ms,
    discards,
    discards_merged,
    sectors_discarded,
    discard_ms,
    flushes,
    flush_ms
  };
  static constexpr std::size_t kColumns = 17;

  std::string_view name;  ///< a view into the parsed text
  std::array<std::uint64_t, kColumns> values{};
  std::size_t columns = 0;  ///< number in the file: 11, since 4.18 15, since 5.5 17
};

/// Parses one line. False when invalid; also for the short lines of partitions in kernels of
/// 2.6.
[[nodiscard]] bool parse_disk_line(std::string_view line, DiskLine& disk);

/// /proc/diskstats: counters and rates of block devices.
class DiskSubject final : public Subject {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "disk"; }
  void sample(Sampling& sampling) override;
  void write(SnapshotWriter& writer) const override;

 private:
  struct Disk {
    std::string name;
    std::array<std::uint64_t, DiskLine::kColumns> values{};
    std::size_t columns = 0;
    std::array<std::uint64_t, DiskLine::kColumns> base{};  ///< base of the next rates
    std::optional<double> read_rate, write_rate, busy_ratio;
  };

  /// A reading's effect on a disk's rates.
  struct RateStep {
    std::optional<double> elapsed;  ///< since the last rates, when new ones are due
    bool first = false;
    std::optional<double> uptime;
  };

  void parse(Sampling& sampling);
  void keep(const DiskLine& line);
  static void update_rates(Disk& disk, bool known, const RateStep& step);
  void write_counters(SnapshotWriter& writer) const;
  void write_rates(SnapshotWriter& writer) const;

  std::vector<Disk> disks_;
  std::vector<Disk> previous_;
  RateClock clock_;
  RateStep step_;
};

}  // namespace kymo::KYMO_ABI::system
