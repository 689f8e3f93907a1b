#include "disk.h"

#include <algorithm>
#include <utility>

#include <kymo/system/text_scan.h>

namespace kymo::KYMO_ABI::system {
namespace {

constexpr double kSectorBytes = 512;  // the kernel's fixed unit for all devices
constexpr double kMsPerSecond = 1000;
constexpr std::size_t kMaxDiskNameBytes = 64;

struct Family {
  DiskLine::Column column;
  Kind kind;
  double factor;
  double divisor;  // dividing gives 11.12 where multiplying by 0.001 gives 11.120000000000001
  FamilyOptions options;
};

constexpr std::array<Family, DiskLine::kColumns> kDiskFamilies = {{
    {DiskLine::reads, Kind::counter, 1, 1, {"node_disk_reads_completed_total", "Reads completed.", {}}},
    {DiskLine::reads_merged,
     Kind::counter,
     1,
     1,
     {"node_disk_reads_merged_total", "Reads merged with a neighbour.", {}}},
    {DiskLine::sectors_read,
     Kind::counter,
     kSectorBytes,
     1,
     {"node_disk_read_bytes_total", "Bytes read.", "bytes"}},
    {DiskLine::read_ms,
     Kind::counter,
     1,
     kMsPerSecond,
     {"node_disk_read_time_seconds_total", "Time spent by reads, summed over them.", "seconds"}},
    {DiskLine::writes, Kind::counter, 1, 1, {"node_disk_writes_completed_total", "Writes completed.", {}}},
    {DiskLine::writes_merged,
     Kind::counter,
     1,
     1,
     {"node_disk_writes_merged_total", "Writes merged with a neighbour.", {}}},
    {DiskLine::sectors_written,
     Kind::counter,
     kSectorBytes,
     1,
     {"node_disk_written_bytes_total", "Bytes written.", "bytes"}},
    {DiskLine::write_ms,
     Kind::counter,
     1,
     kMsPerSecond,
     {"node_disk_write_time_seconds_total", "Time spent by writes, summed over them.", "seconds"}},
    {DiskLine::io_now, Kind::gauge, 1, 1, {"node_disk_io_now", "Operations in flight.", {}}},
    {DiskLine::io_ms,
     Kind::counter,
     1,
     kMsPerSecond,
     {"node_disk_io_time_seconds_total", "Time in which any operation was in flight.", "seconds"}},
    {DiskLine::weighted_ms,
     Kind::counter,
     1,
     kMsPerSecond,
     {"node_disk_io_time_weighted_seconds_total", "Time in flight, times the operations in flight.",
      "seconds"}},
    {DiskLine::discards,
     Kind::counter,
     1,
     1,
     {"node_disk_discards_completed_total", "Discards completed.", {}}},
    {DiskLine::discards_merged,
     Kind::counter,
     1,
     1,
     {"node_disk_discards_merged_total", "Discards merged with a neighbour.", {}}},
    {DiskLine::sectors_discarded,
     Kind::counter,
     1,
     1,
     {"node_disk_discarded_sectors_total", "Sectors of 512 bytes discarded.", {}}},
    {DiskLine::discard_ms,
     Kind::counter,
     1,
     kMsPerSecond,
     {"node_disk_discard_time_seconds_total", "Time spent by discards, summed over them.", "seconds"}},
    {DiskLine::flushes,
     Kind::counter,
     1,
     1,
     {"node_disk_flush_requests_total", "Flush requests completed.", {}}},
    {DiskLine::flush_ms,
     Kind::counter,
     1,
     kMsPerSecond,
     {"node_disk_flush_requests_time_seconds_total", "Time spent by flush requests, summed over them.",
      "seconds"}},
}};

}  // namespace

bool parse_disk_line(std::string_view line, DiskLine& disk) {
  constexpr std::size_t kColumnsOfOldest = 11;
  disk = {};
  Words words(line);
  std::uint64_t major = 0;
  std::uint64_t minor = 0;
  if (!words.whole(major) || !words.whole(minor) || !words.next(disk.name)) return false;
  if (disk.name.size() > kMaxDiskNameBytes) return false;
  std::string_view word;
  while (disk.columns < DiskLine::kColumns && words.next(word)) {
    if (!parse_count(word, disk.values[disk.columns])) return false;
    ++disk.columns;
  }
  disk.values[DiskLine::io_now] = not_below_zero_of_32_bits(disk.values[DiskLine::io_now]);
  return disk.columns >= kColumnsOfOldest;
}

void DiskSubject::sample(Sampling& sampling) {
  std::swap(disks_, previous_);
  disks_.clear();
  if (!sampling.read_optional("/proc/diskstats")) return;
  const std::optional<double> elapsed = clock_.due(sampling.now, sampling.options.rate_interval);
  step_ = {.elapsed = elapsed, .first = clock_.first(), .uptime = sampling.facts.uptime_seconds};
  parse(sampling);
}

void DiskSubject::parse(Sampling& sampling) {
  bool understood = true;
  Lines lines(sampling.text);
  std::string_view line;
  DiskLine disk;
  while (lines.next(line)) {
    if (!parse_disk_line(line, disk)) {
      understood = false;
    } else if (!sampling.options.disks.takes(disk.name)) {
      continue;
    } else if (disks_.size() >= sampling.options.max_disks) {
      ++sampling.omitted;
    } else if (std::ranges::find(disks_, disk.name, &Disk::name) != disks_.end()) {
      understood = false;
    } else {
      keep(disk);
    }
  }
  sampling.check(understood && !lines.cut_off());
}

void DiskSubject::keep(const DiskLine& line) {
  const auto before = std::ranges::find(previous_, line.name, &Disk::name);
  const bool known = before != previous_.end();
  Disk& disk = disks_.emplace_back();
  if (known) {
    disk = std::move(*before);
  } else {
    disk.name = line.name;
  }
  disk.values = line.values;
  disk.columns = line.columns;
  update_rates(disk, known, step_);
}

void DiskSubject::update_rates(Disk& disk, bool known, const RateStep& step) {
  const std::optional<double> span = step.first ? step.uptime : known ? step.elapsed : std::nullopt;
  if (span && *span > 0) {
    const auto growth = [&](DiskLine::Column column) {
      return static_cast<double>(counter_growth(disk.base[column], disk.values[column])) / *span;
    };
    disk.read_rate = growth(DiskLine::sectors_read) * kSectorBytes;
    disk.write_rate = growth(DiskLine::sectors_written) * kSectorBytes;
    disk.busy_ratio = std::min(growth(DiskLine::io_ms) / kMsPerSecond, 1.0);
  }
  if (step.first || !known || step.elapsed) disk.base = disk.values;
}

void DiskSubject::write(SnapshotWriter& writer) const {
  if (disks_.empty()) return;
  write_counters(writer);
  write_rates(writer);
}

void DiskSubject::write_counters(SnapshotWriter& writer) const {
  for (const Family& family : kDiskFamilies) {
    FamilyWriter out =
        family.kind == Kind::counter ? writer.counter(family.options) : writer.gauge(family.options);
    for (const Disk& disk : disks_) {
      if (family.column >= disk.columns) continue;
      out.add({{"device", disk.name}},
              static_cast<double>(disk.values[family.column]) * family.factor / family.divisor);
    }
  }
}

void DiskSubject::write_rates(SnapshotWriter& writer) const {
  const auto rates = [&](const FamilyOptions& options, std::optional<double> Disk::* rate) {
    FamilyWriter out = writer.gauge(options);
    for (const Disk& disk : disks_) {
      if (disk.*rate) out.add({{"device", disk.name}}, *(disk.*rate));
    }
  };
  rates({.name = "kymo_system_disk_read_bytes_per_second",
         .help = "Bytes read a second.",
         .unit = "bytes_per_second"},
        &Disk::read_rate);
  rates({.name = "kymo_system_disk_write_bytes_per_second",
         .help = "Bytes written a second.",
         .unit = "bytes_per_second"},
        &Disk::write_rate);
  rates({.name = "kymo_system_disk_busy_ratio",
         .help = "Share of the time in which any operation was in flight.",
         .unit = "ratio"},
        &Disk::busy_ratio);
}

}  // namespace kymo::KYMO_ABI::system
