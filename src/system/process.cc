#include <kymo/system/process.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "cpu.h"

namespace kymo::KYMO_ABI::system {
namespace {

/// After a walk over the process' pages, the next waits a thousand times the walk's duration.
constexpr int kWalkPause = 1000;
/// Smaller steps of the wall clock do not move the start time.
constexpr double kClockStepSeconds = 1;

void write_one(FamilyWriter out, std::optional<std::uint64_t> value) {
  if (value) out.add(static_cast<double>(*value));
}

}  // namespace

void ProcessSubject::sample(Sampling& sampling) {
  sample_stat(sampling);
  sample_cpu(sampling);
  sample_files(sampling);
  sample_maps(sampling);
  sampling.facts.cpus_allowed = status_.cpus_allowed;
}

void ProcessSubject::sample_stat(Sampling& sampling) {
  page_bytes_ = sampling.host.page_bytes();
  stat_.reset();
  if (sampling.read_required("/proc/self/stat")) {
    stat_ = parse_process_stat(sampling.text);
    sampling.check(stat_.has_value());
  }
  status_ = {};
  if (sampling.read_required("/proc/self/status")) status_ = parse_process_status(sampling.text);
  sample_start(sampling);
}

void ProcessSubject::sample_start(Sampling& sampling) {
  age_seconds_.reset();
  if (!stat_) {
    start_time_seconds_.reset();
    return;
  }
  const double now = std::chrono::duration<double>(sampling.clock.system_now().time_since_epoch()).count();
  const double ticks_per_second = static_cast<double>(sampling.host.ticks_per_second());
  const double since_boot = static_cast<double>(stat_->start_ticks) / ticks_per_second;
  std::optional<double> boot_clock = sampling.host.boot_seconds();
  if (!boot_clock) boot_clock = sampling.facts.uptime_seconds;
  // A clock that reads less than the start is another host's; one of whole ticks may be behind by one.
  if (boot_clock && *boot_clock + 1 / ticks_per_second >= since_boot)
    age_seconds_ = std::max(*boot_clock - since_boot, 0.0);
  std::optional<double> start;
  if (age_seconds_) {
    start = std::min(std::round((now - *age_seconds_) * ticks_per_second) / ticks_per_second, now);
  } else if (const auto boot_time = find_boot_time(sampling)) {
    start = std::min(static_cast<double>(*boot_time) + since_boot, now);
  }
  // The same number at each scrape, until somebody sets the wall clock or this is a forked child.
  const bool stands = start && start_time_seconds_ && started_at_ticks_ == stat_->start_ticks &&
                      std::abs(*start - *start_time_seconds_) < kClockStepSeconds;
  start_time_seconds_ = stands ? std::min(*start_time_seconds_, now) : start;
  started_at_ticks_ = stat_->start_ticks;
}

std::optional<std::uint64_t> ProcessSubject::find_boot_time(Sampling& sampling) {
  if (sampling.facts.boot_time_seconds || sampling.options.cpu) return sampling.facts.boot_time_seconds;
  if (!sampling.read_required("/proc/stat")) return std::nullopt;
  StatFile file;
  static_cast<void>(parse_stat(sampling.text, 0, file));
  return file.boot_time;
}

void ProcessSubject::sample_cpu(Sampling& sampling) {
  usage_ = sampling.host.usage();
  sampling.check(usage_.has_value());
  if (!usage_) return;
  cpu_seconds_ = usage_->cpu_seconds;
  const std::optional<double> elapsed = clock_.due(sampling.now, sampling.options.rate_interval);
  if (clock_.first() && age_seconds_ && *age_seconds_ > 0) cpu_ratio_ = cpu_seconds_ / *age_seconds_;
  if (elapsed) cpu_ratio_ = std::max(cpu_seconds_ - cpu_base_seconds_, 0.0) / *elapsed;
  if (elapsed || clock_.first()) cpu_base_seconds_ = cpu_seconds_;
}

void ProcessSubject::sample_files(Sampling& sampling) {
  limits_ = {};
  if (sampling.read_required("/proc/self/limits")) sampling.check(parse_limits(sampling.text, limits_));
  io_.reset();
  if (sampling.read_optional("/proc/self/io")) {
    io_ = parse_process_io(sampling.text);
    sampling.check(io_.has_value());
  }
  open_files_ = sampling.host.open_files();
  sampling.check(open_files_.has_value());
}

void ProcessSubject::sample_maps(Sampling& sampling) {
  if (maps_due_ && sampling.now < *maps_due_) return;
  const auto before = sampling.clock.steady_now();
  maps_.reset();
  if (sampling.read_optional("/proc/self/smaps_rollup")) {
    maps_ = parse_smaps_rollup(sampling.text);
    sampling.check(maps_.has_value());
  }
  const std::chrono::nanoseconds took = sampling.clock.steady_now() - before;
  const std::chrono::nanoseconds interval = sampling.options.memory_map_interval;
  maps_due_ = sampling.now + std::max(interval, took * kWalkPause);
}

void ProcessSubject::write(SnapshotWriter& writer) const {
  write_cpu(writer);
  write_memory(writer);
  write_counts(writer);
  write_io(writer);
}

void ProcessSubject::write_cpu(SnapshotWriter& writer) const {
  if (usage_) {
    writer.counter({"process_cpu_seconds_total", "CPU time of the process, user and system.", "seconds"})
        .add(cpu_seconds_);
    FamilyWriter switches =
        writer.counter({"process_context_switches_total", "Context switches of all threads.", {}});
    switches.add({{"type", "voluntary"}}, static_cast<double>(usage_->voluntary_switches));
    switches.add({{"type", "involuntary"}}, static_cast<double>(usage_->involuntary_switches));
  }
  if (cpu_ratio_) {
    writer.gauge({"kymo_process_cpu_ratio", "CPU used by the process; 1 is one core fully used.", "ratio"})
        .add(*cpu_ratio_);
  }
  if (start_time_seconds_) {
    writer.gauge({"process_start_time_seconds", "When the process started, Unix time.", "seconds"})
        .add(*start_time_seconds_);
  }
}

/// From /proc/self/status, which is exact on recent kernels. Their /proc/self/stat omits pages that a CPU has
/// not yet reported (seen: 37 pages too few on Linux 6.18).
std::optional<std::uint64_t> ProcessSubject::resident_bytes() const noexcept {
  if (status_.resident_bytes || !stat_) return status_.resident_bytes;
  return stat_->resident_pages * page_bytes_;
}

void ProcessSubject::write_memory(SnapshotWriter& writer) const {
  write_one(writer.gauge({"process_resident_memory_bytes", "Resident memory of the process.", "bytes"}),
            resident_bytes());
  if (stat_) {
    writer.gauge({"process_virtual_memory_bytes", "Address space of the process.", "bytes"})
        .add(static_cast<double>(stat_->virtual_bytes));
  }
  write_one(writer.gauge({"process_resident_memory_peak_bytes", "Highest resident memory so far.", "bytes"}),
            status_.peak_resident_bytes);
  write_one(
      writer.gauge({"process_swap_memory_bytes", "Memory of the process that is swapped out.", "bytes"}),
      status_.swap_bytes);
  write_one(writer.gauge({"process_virtual_memory_max_bytes", "Limit on the address space.", "bytes"}),
            limits_.virtual_bytes);
  if (!maps_) return;
  writer
      .gauge({"process_proportional_memory_bytes",
              "Resident memory, shared pages divided by their users (PSS).", "bytes"})
      .add(static_cast<double>(maps_->proportional_bytes));
  writer
      .gauge(
          {"process_unique_memory_bytes", "Memory that would be free if the process ended (USS).", "bytes"})
      .add(static_cast<double>(maps_->unique_bytes));
}

void ProcessSubject::write_counts(SnapshotWriter& writer) const {
  write_one(writer.gauge({"process_open_fds", "Open file descriptors.", {}}), open_files_);
  write_one(writer.gauge({"process_max_fds", "Limit on open file descriptors.", {}}), limits_.open_files);
  if (!stat_) return;
  write_one(writer.gauge({"process_threads", "Threads of the process.", {}}), stat_->threads);
  FamilyWriter faults = writer.counter({"process_page_faults_total", "Page faults of all threads.", {}});
  faults.add({{"type", "minor"}}, static_cast<double>(stat_->minor_faults));
  faults.add({{"type", "major"}}, static_cast<double>(stat_->major_faults));
}

void ProcessSubject::write_io(SnapshotWriter& writer) const {
  if (!io_) return;
  const auto bytes = [&](std::string_view name, std::string_view help, std::uint64_t value) {
    writer.counter({name, help, "bytes"}).add(static_cast<double>(value));
  };
  bytes("process_io_read_bytes_total", "Bytes read by calls of any kind, cached or not.", io_->read_bytes);
  bytes("process_io_written_bytes_total", "Bytes written by calls of any kind, cached or not.",
        io_->written_bytes);
  bytes("process_io_storage_read_bytes_total", "Bytes read from storage.", io_->storage_read_bytes);
  bytes("process_io_storage_written_bytes_total", "Bytes sent to storage.", io_->storage_written_bytes);
  FamilyWriter calls = writer.counter({"process_io_calls_total", "Read and write system calls.", {}});
  calls.add({{"type", "read"}}, static_cast<double>(io_->read_calls));
  calls.add({{"type", "write"}}, static_cast<double>(io_->write_calls));
}

}  // namespace kymo::KYMO_ABI::system
