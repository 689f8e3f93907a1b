// Measures a Monitor's tick: one reading of the host and of this process, with the Snapshot.
#include <chrono>

#include <kymo/core/snapshot_builder.h>
#include <kymo/system/system_collector.h>

#include "report.h"

namespace kymo::KYMO_ABI::bench {
namespace {

using system::SystemCollector;
using system::SystemOptions;

SystemOptions nothing() {
  SystemOptions options;
  options.cpu = options.memory = options.load = options.pressure = options.disk = options.filesystem = false;
  options.network = options.cgroup = options.process = false;
  return options;
}

SystemOptions only(bool SystemOptions::* group) {
  SystemOptions options = nothing();
  options.*group = true;
  return options;
}

/// Every walk, each time: what the intervals save.
SystemOptions without_intervals() {
  SystemOptions options;
  options.filesystem_interval = options.memory_map_interval = options.cgroup_interval =
      std::chrono::milliseconds(0);
  return options;
}

double milliseconds_of(const Effort& effort, const SystemOptions& options) {
  SystemCollector collector(options);
  const std::size_t ticks = effort.of(50, 1);
  const auto tick = [&] {
    SnapshotBuilder builder;
    collector.collect(builder);
    (void)builder.finish();
  };
  tick();  // opens the files
  return cpu_ns_of([&] {
           for (std::size_t i = 0; i < ticks; ++i) tick();
         }) /
         1e6 / static_cast<double>(ticks);
}

}  // namespace

void tick_rows(Report& report) {
  struct Part {
    const char* name;
    SystemOptions options;
  };
  const std::vector<Part> parts = {{"tick of a Monitor", {}},
                                   {"tick, every walk each time", without_intervals()},
                                   {"tick, cpu only", only(&SystemOptions::cpu)},
                                   {"tick, memory only", only(&SystemOptions::memory)},
                                   {"tick, disk only", only(&SystemOptions::disk)},
                                   {"tick, filesystem only", only(&SystemOptions::filesystem)},
                                   {"tick, network only", only(&SystemOptions::network)},
                                   {"tick, cgroup only", only(&SystemOptions::cgroup)},
                                   {"tick, process only", only(&SystemOptions::process)}};
  std::vector<Contender> contenders;
  for (const Part& part : parts)
    contenders.emplace_back([&] { return milliseconds_of(report.effort(), part.options); });
  const std::vector<double> taken = medians(report.effort(), contenders);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    Row row{.work = parts[i].name, .unit = "ms", .kymo = taken[i]};
    report.add(i == 0 ? row.at_most(1) : row);
  }
}

}  // namespace kymo::KYMO_ABI::bench
