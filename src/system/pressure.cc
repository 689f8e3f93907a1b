#include "pressure.h"

#include <algorithm>

#include <kymo/system/text_scan.h>

namespace kymo::KYMO_ABI::system {
namespace {

/// A resource and its families. An empty name skips a line, as node_exporter does: a CPU as such cannot be
/// stalled, and interrupts have no `some`.
struct Resource {
  std::string_view name;
  std::string_view path;
  std::string_view waiting;
  std::string_view stalled;
};

constexpr std::array<Resource, 4> kResourceTable = {{
    {"cpu", "/proc/pressure/cpu", "node_pressure_cpu_waiting_seconds_total", ""},
    {"memory", "/proc/pressure/memory", "node_pressure_memory_waiting_seconds_total",
     "node_pressure_memory_stalled_seconds_total"},
    {"io", "/proc/pressure/io", "node_pressure_io_waiting_seconds_total",
     "node_pressure_io_stalled_seconds_total"},
    {"irq", "/proc/pressure/irq", "", "node_pressure_irq_stalled_seconds_total"},
}};

bool parse_line(Words words, PressureLine& line) {
  bool has_average = false;
  bool has_total = false;
  std::string_view word;
  while (words.next(word)) {
    if (word.starts_with("avg10=")) {
      has_average = parse_decimal(word.substr(6), line.ratio_10s);
      line.ratio_10s = std::min(line.ratio_10s / 100, 1.0);
    } else if (word.starts_with("total=")) {
      has_total = parse_whole(word.substr(6), line.total_us);
    }
  }
  return has_average && has_total;
}

void write_total(SnapshotWriter& writer, std::string_view name, std::string_view help,
                 const std::optional<PressureLine>& line) {
  if (!line || name.empty()) return;
  writer.counter({.name = name, .help = help, .unit = "seconds"})
      .add(static_cast<double>(line->total_us) / 1e6);
}

}  // namespace

bool parse_pressure(std::string_view text, PressureFile& pressure) {
  pressure = {};
  bool understood = true;
  Lines lines(text);
  std::string_view text_line;
  while (lines.next(text_line)) {
    Words words(text_line);
    std::string_view kind;
    PressureLine line;
    const bool known = words.next(kind) && (kind == "some" || kind == "full");
    if (!known || !parse_line(words, line)) {
      understood = false;
      continue;
    }
    (kind == "some" ? pressure.some : pressure.full) = line;
  }
  return understood && (pressure.some || pressure.full) && !lines.cut_off();
}

void PressureSubject::sample(Sampling& sampling) {
  for (std::size_t i = 0; i < kResources; ++i) {
    files_[i] = {};
    if (sampling.read_optional(kResourceTable[i].path))
      sampling.check(parse_pressure(sampling.text, files_[i]));
  }
}

void PressureSubject::write(SnapshotWriter& writer) const {
  for (std::size_t i = 0; i < kResources; ++i) {
    write_total(writer, kResourceTable[i].waiting, "Time in which some task waited for the resource.",
                files_[i].some);
    write_total(writer, kResourceTable[i].stalled, "Time in which all tasks waited for the resource.",
                files_[i].full);
  }
  FamilyWriter ratios = writer.gauge({.name = "kymo_system_pressure_ratio",
                                      .help = "Share of the last 10 s in which tasks waited for a resource.",
                                      .unit = "ratio"});
  for (std::size_t i = 0; i < kResources; ++i) {
    const std::string_view resource = kResourceTable[i].name;
    if (files_[i].some) ratios.add({{"resource", resource}, {"kind", "some"}}, files_[i].some->ratio_10s);
    if (files_[i].full) ratios.add({{"resource", resource}, {"kind", "full"}}, files_[i].full->ratio_10s);
  }
}

}  // namespace kymo::KYMO_ABI::system
