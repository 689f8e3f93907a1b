// What recording costs, beside the limit that no instrument can beat: a load, an add and a store of
// thread-local memory.
#include <benchmark/benchmark.h>

#include <atomic>
#include <chrono>
#include <cstdint>

#include <kymo/core/registry.h>
#include <kymo/core/scoped_timer.h>

namespace kymo {
namespace {

thread_local std::atomic<std::uint64_t> own_cell;
std::atomic<std::uint64_t> shared_cell;

Registry& registry() {
  static auto& made = *new Registry;
  return made;
}

void limit_thread_local_add(benchmark::State& state) {
  for (auto _ : state) {
    own_cell.store(own_cell.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
}
BENCHMARK(limit_thread_local_add)->ThreadRange(1, 2);

void limit_shared_fetch_add(benchmark::State& state) {
  for (auto _ : state) shared_cell.fetch_add(1, std::memory_order_relaxed);
}
BENCHMARK(limit_shared_fetch_add)->ThreadRange(1, 2);

void limit_two_clock_readings(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(std::chrono::steady_clock::now());
    benchmark::DoNotOptimize(std::chrono::steady_clock::now());
  }
}
BENCHMARK(limit_two_clock_readings);

void counter_add(benchmark::State& state) {
  static Counter counter = registry().counter("counter", "C.");
  for (auto _ : state) counter.add();
}
BENCHMARK(counter_add)->ThreadRange(1, 2);

void counter_add_while_off(benchmark::State& state) {
  static Counter counter = registry().counter("counter.off", "C.");
  set_recording(false);
  for (auto _ : state) counter.add();
  set_recording(true);
}
BENCHMARK(counter_add_while_off);

void gauge_set(benchmark::State& state) {
  static Gauge gauge = registry().gauge("gauge", "G.");
  for (auto _ : state) gauge.set(1);
}
BENCHMARK(gauge_set);

void gauge_set_without_statistics(benchmark::State& state) {
  static Gauge gauge = registry().gauge("gauge.lean", "G.", {.statistics = GaugeTracking::off});
  for (auto _ : state) gauge.set(1);
}
BENCHMARK(gauge_set_without_statistics);

void histogram_record(benchmark::State& state) {
  static Histogram histogram = registry().histogram("histogram", "H.");
  double value = 1e-6;
  for (auto _ : state) {
    histogram.record(value);
    value = value < 1e-2 ? value * 1.01 : 1e-6;
  }
}
BENCHMARK(histogram_record)->ThreadRange(1, 2);

void timing_record(benchmark::State& state) {
  static Timing timing = registry().timing("timing", "T.", {.recent = 0});
  std::chrono::nanoseconds value(1000);
  for (auto _ : state) {
    timing.record(value);
    value = value.count() < 10'000'000 ? value * 101 / 100 : std::chrono::nanoseconds(1000);
  }
}
BENCHMARK(timing_record)->ThreadRange(1, 2);

void scoped_timer(benchmark::State& state) {
  static Timing timing = registry().timing("scoped", "S.", {.recent = 0});
  for (auto _ : state) const ScopedTimer timer(timing);
}
BENCHMARK(scoped_timer);

void family_look_up_two_labels(benchmark::State& state) {
  static const auto family = registry().family<Counter, "method", "code">("family", "F.");
  for (auto _ : state) family.with("GET", 200).add();
}
BENCHMARK(family_look_up_two_labels);

}  // namespace
}  // namespace kymo

BENCHMARK_MAIN();
