#include "cpu.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>

#include <kymo/system/text_scan.h>

namespace kymo::KYMO_ABI::system {
namespace {

constexpr std::array<std::string_view, CpuTimes::steal + 1> kModeNames = {
    "user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"};
constexpr std::uint64_t kMaxCpuIndex = 1 << 20;

bool parse_times(Words words, CpuTimes& times) {
  constexpr std::size_t kColumnsOfOldest = 4;  // Linux 2.4; later kernels added the others
  std::string_view word;
  std::size_t column = 0;
  while (words.next(word)) {
    if (column < CpuTimes::kModes && !parse_count(word, times.ticks[column])) return false;
    ++column;
  }
  return column >= kColumnsOfOldest;
}

bool parse_cpu_line(std::string_view key, Words words, std::size_t max_cpus, StatFile& stat) {
  CpuTimes times;
  if (!parse_times(words, times)) return false;
  if (key.empty()) {
    stat.total = times;
    return true;
  }
  std::uint64_t index = 0;
  if (!parse_whole(key, index) || index > kMaxCpuIndex) return false;
  if (!stat.cpus.empty() && index <= stat.cpus.back().index) return false;
  ++stat.cpu_count;
  if (stat.cpus.size() < max_cpus) stat.cpus.push_back({.index = index, .times = times});
  return true;
}

bool keep_count(Words words, std::optional<std::uint64_t>& value) {
  std::uint64_t parsed = 0;
  if (!words.count(parsed)) return false;
  value = parsed;
  return true;
}

std::optional<std::uint64_t>* count_of(StatFile& stat, std::string_view key) noexcept {
  if (key == "intr") return &stat.interrupts;
  if (key == "ctxt") return &stat.context_switches;
  if (key == "btime") return &stat.boot_time;
  if (key == "processes") return &stat.forks;
  if (key == "procs_running") return &stat.running;
  if (key == "procs_blocked") return &stat.blocked;
  return nullptr;
}

/// The kernel assigns a CPU's current idle period to idle or iowait anew at each reading, so either may step
/// back a little. A counter must not, so a small step back is hidden. A large one is a CPU that came back
/// online.
CpuTimes hold(const CpuTimes& shown, const CpuTimes& now, std::uint64_t ticks_per_second) noexcept {
  constexpr std::uint64_t kStepBackSeconds = 3;
  CpuTimes held = now;
  for (std::size_t mode = 0; mode < CpuTimes::kModes; ++mode) {
    const std::uint64_t before = shown.ticks[mode];
    if (now.ticks[mode] >= before) continue;
    if (before - now.ticks[mode] > kStepBackSeconds * ticks_per_second) return now;
    held.ticks[mode] = before;
  }
  return held;
}

/// A CPU's number as label text.
class IndexText final {
 public:
  explicit IndexText(std::uint64_t index) noexcept
      : end_(std::to_chars(digits_.data(), digits_.data() + digits_.size(), index).ptr) {}
  [[nodiscard]] std::string_view view() const noexcept {
    return {digits_.data(), static_cast<std::size_t>(end_ - digits_.data())};
  }

 private:
  std::array<char, 20> digits_{};
  const char* end_;
};

}  // namespace

std::uint64_t CpuTimes::busy() const noexcept {
  return ticks[user] + ticks[nice] + ticks[system] + ticks[irq] + ticks[softirq] + ticks[steal];
}

void StatFile::clear() noexcept {
  cpus.clear();
  cpu_count = 0;
  total.reset();
  for (auto* count : {&interrupts, &context_switches, &boot_time, &forks, &running, &blocked}) count->reset();
}

bool parse_stat(std::string_view text, std::size_t max_cpus, StatFile& stat) {
  stat.clear();
  bool understood = true;
  Lines lines(text);
  Words words;
  std::string_view key;
  while (lines.next(key, words)) {
    if (key.starts_with("cpu")) {
      understood &= parse_cpu_line(key.substr(3), words, max_cpus, stat);
    } else if (auto* count = count_of(stat, key)) {
      understood &= keep_count(words, *count);
    }
  }
  for (auto* level : {&stat.running, &stat.blocked}) {
    if (*level) *level = not_below_zero_of_32_bits(**level);
  }
  return understood && stat.total.has_value() && !lines.cut_off();
}

/// Each mode separately: one that falls, as the kernel sometimes allows, says nothing about the others.
void BusyRatio::update(const CpuTimes& now) noexcept {
  CpuTimes grown;
  for (std::size_t mode = 0; mode < CpuTimes::kModes; ++mode) {
    const std::uint64_t before = base_.ticks[mode];
    if (now.ticks[mode] > before) grown.ticks[mode] = now.ticks[mode] - before;
  }
  const std::uint64_t total = grown.total();
  if (total > 0) value_ = std::min(static_cast<double>(grown.busy()) / static_cast<double>(total), 1.0);
  start(now);
}

void CpuSubject::sample(Sampling& sampling) {
  ticks_per_second_ = static_cast<double>(sampling.host.ticks_per_second());
  stat_.clear();
  if (!sampling.read_required("/proc/stat")) return;
  sampling.check(parse_stat(sampling.text, sampling.options.max_cpus, stat_));
  sampling.facts.boot_time_seconds = stat_.boot_time;
  if (stat_.cpu_count > 0) sampling.facts.cpus_online = stat_.cpu_count;
  sampling.omitted += stat_.cpu_count - stat_.cpus.size();
  if (!stat_.total) return;
  const bool due = clock_.due(sampling.now, sampling.options.rate_interval).has_value();
  if (due || clock_.first()) total_.update(*stat_.total);
  update_cores(clock_.first(), due);
}

void CpuSubject::update_cores(bool first, bool due) {
  std::swap(cores_, previous_cores_);
  cores_.clear();
  auto before = previous_cores_.begin();
  for (const StatFile::Cpu& cpu : stat_.cpus) {
    while (before != previous_cores_.end() && before->index < cpu.index) ++before;
    const bool known = before != previous_cores_.end() && before->index == cpu.index;
    Core core = known ? *before : Core{.index = cpu.index, .shown = cpu.times, .ratio = {}};
    core.shown = hold(core.shown, cpu.times, static_cast<std::uint64_t>(ticks_per_second_));
    if (first || (known && due)) core.ratio.update(cpu.times);
    if (!first && !known) core.ratio.start(cpu.times);
    cores_.push_back(core);
  }
}

void CpuSubject::write(SnapshotWriter& writer) const {
  if (stat_.total) {
    write_times(writer);
    write_ratios(writer);
  }
  write_counts(writer);
}

void CpuSubject::write_times(SnapshotWriter& writer) const {
  FamilyWriter times =
      writer.counter({.name = "node_cpu_seconds_total", .help = "CPU time in each mode.", .unit = "seconds"});
  for (const Core& core : cores_) {
    const IndexText index(core.index);
    for (std::size_t mode = 0; mode < kModeNames.size(); ++mode) {
      times.add({{"cpu", index.view()}, {"mode", kModeNames[mode]}},
                static_cast<double>(core.shown.ticks[mode]) / ticks_per_second_);
    }
  }
  FamilyWriter guests = writer.counter({.name = "node_cpu_guest_seconds_total",
                                        .help = "CPU time spent for guests; part of the user and nice time.",
                                        .unit = "seconds"});
  for (const Core& core : cores_) {
    const IndexText index(core.index);
    guests.add({{"cpu", index.view()}, {"mode", "user"}},
               static_cast<double>(core.shown.ticks[CpuTimes::guest]) / ticks_per_second_);
    guests.add({{"cpu", index.view()}, {"mode", "nice"}},
               static_cast<double>(core.shown.ticks[CpuTimes::guest_nice]) / ticks_per_second_);
  }
}

void CpuSubject::write_ratios(SnapshotWriter& writer) const {
  const auto cores = static_cast<double>(stat_.cpu_count);
  if (stat_.cpu_count > 0) {
    writer.gauge({.name = "kymo_system_cpu_cores", .help = "CPUs that are online."}).add(cores);
  }
  if (total_.value()) {
    writer
        .gauge({.name = "kymo_system_cpu_ratio", .help = "Share of CPU time that was busy.", .unit = "ratio"})
        .add(*total_.value());
    if (stat_.cpu_count > 0) {
      writer
          .gauge({.name = "kymo_system_effective_cores",
                  .help = "CPUs that the host's load would keep fully busy."})
          .add(*total_.value() * cores);
    }
  }
  FamilyWriter ratios = writer.gauge({.name = "kymo_system_cpu_core_ratio",
                                      .help = "Share of one CPU's time that was busy.",
                                      .unit = "ratio"});
  for (const Core& core : cores_) {
    if (core.ratio.value()) ratios.add({{"cpu", IndexText(core.index).view()}}, *core.ratio.value());
  }
}

void CpuSubject::write_counts(SnapshotWriter& writer) const {
  const auto counter = [&](std::string_view name, std::string_view help, std::optional<std::uint64_t> value) {
    if (value) writer.counter({.name = name, .help = help}).add(static_cast<double>(*value));
  };
  const auto gauge = [&](const FamilyOptions& family, std::optional<std::uint64_t> value) {
    if (value) writer.gauge(family).add(static_cast<double>(*value));
  };
  counter("node_context_switches_total", "Context switches.", stat_.context_switches);
  counter("node_forks_total", "Processes and threads created.", stat_.forks);
  counter("node_intr_total", "Interrupts served.", stat_.interrupts);
  gauge({.name = "node_boot_time_seconds", .help = "When the host booted, Unix time.", .unit = "seconds"},
        stat_.boot_time);
  gauge({.name = "node_procs_running", .help = "Threads that run or are ready to run."}, stat_.running);
  gauge({.name = "node_procs_blocked", .help = "Threads that wait for I/O."}, stat_.blocked);
}

}  // namespace kymo::KYMO_ABI::system
