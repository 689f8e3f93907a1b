// What one reading of the host and this process costs, in CPU time of the calling thread.

#include <benchmark/benchmark.h>
#include <time.h>

#include <memory>

#include <kymo/core/snapshot_builder.h>
#include <kymo/system/system_collector.h>

namespace {

using kymo::system::SystemCollector;
using kymo::system::SystemOptions;

double thread_cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

void measure(benchmark::State& state, const SystemOptions& options) {
  SystemCollector collector(options);
  std::size_t series = 0;
  for (auto _ : state) {
    const double before = thread_cpu_seconds();
    kymo::SnapshotBuilder builder;
    collector.collect(builder);
    const auto snapshot = builder.finish();
    state.SetIterationTime(thread_cpu_seconds() - before);
    series = 0;
    for (const auto& family : snapshot->families) series += family.size();
  }
  state.counters["series"] = static_cast<double>(series);
}

SystemOptions nothing() {
  SystemOptions options;
  options.cpu = options.memory = options.load = options.pressure = options.disk = options.filesystem = false;
  options.network = options.cgroup = options.process = false;
  return options;
}

void everything(benchmark::State& state) { measure(state, {}); }

/// Every walk, each time: what the intervals save.
void everything_without_intervals(benchmark::State& state) {
  SystemOptions options;
  options.filesystem_interval = options.memory_map_interval = options.cgroup_interval =
      std::chrono::milliseconds(0);
  measure(state, options);
}

template <bool SystemOptions::* Flag>
void one(benchmark::State& state) {
  SystemOptions options = nothing();
  options.*Flag = true;
  measure(state, options);
}

// 1000 readings: enough for a mean that the first, which opens files, does not move.
constexpr int kReadings = 1000;

}  // namespace

BENCHMARK(everything)->UseManualTime()->Iterations(kReadings)->Unit(benchmark::kMicrosecond);
BENCHMARK(everything_without_intervals)
    ->UseManualTime()
    ->Iterations(kReadings)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK(one<&SystemOptions::cpu>)->UseManualTime()->Iterations(kReadings)->Unit(benchmark::kMicrosecond);
BENCHMARK(one<&SystemOptions::memory>)->UseManualTime()->Iterations(kReadings)->Unit(benchmark::kMicrosecond);
BENCHMARK(one<&SystemOptions::load>)->UseManualTime()->Iterations(kReadings)->Unit(benchmark::kMicrosecond);
BENCHMARK(one<&SystemOptions::pressure>)
    ->UseManualTime()
    ->Iterations(kReadings)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK(one<&SystemOptions::disk>)->UseManualTime()->Iterations(kReadings)->Unit(benchmark::kMicrosecond);
BENCHMARK(one<&SystemOptions::filesystem>)
    ->UseManualTime()
    ->Iterations(kReadings)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK(one<&SystemOptions::network>)
    ->UseManualTime()
    ->Iterations(kReadings)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK(one<&SystemOptions::cgroup>)->UseManualTime()->Iterations(kReadings)->Unit(benchmark::kMicrosecond);
BENCHMARK(one<&SystemOptions::process>)
    ->UseManualTime()
    ->Iterations(kReadings)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_MAIN();
