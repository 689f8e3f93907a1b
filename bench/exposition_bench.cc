// What it costs to write a Snapshot in each format, per series. "fresh" gives each text memory of its own, as
// a scrape does; "reused" writes into the same memory again.

#include <benchmark/benchmark.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <memory>
#include <string>

#include <kymo/core/registry.h>
#include <kymo/format/json.h>
#include <kymo/format/openmetrics.h>
#include <kymo/format/prometheus_text.h>

namespace {

using kymo::Registry;
using kymo::Snapshot;
using Writer = void (*)(const Snapshot&, std::string&);
using SnapshotPtr = std::shared_ptr<const Snapshot>;

enum class Memory : std::uint8_t { fresh, reused };

Registry make_registry() { return Registry({.max_series_per_family = 2'000'000, .max_series = 3'000'000}); }

template <class Instrument, class Fill>
SnapshotPtr make_snapshot(Registry& registry, std::int64_t series, Fill fill) {
  auto family =
      registry.family<Instrument, "method", "session">("http.server.requests", "Requests answered.");
  constexpr std::array<const char*, 4> kMethods = {"GET", "PUT", "POST", "DELETE"};
  for (std::int64_t i = 0; i < series; ++i)
    fill(family.with(kMethods[static_cast<std::size_t>(i) % 4], i), i);
  return registry.snapshot();
}

SnapshotPtr counters(std::int64_t series) {
  Registry registry = make_registry();
  return make_snapshot<kymo::Counter>(
      registry, series, [](kymo::Counter counter, std::int64_t i) { counter.add(i * 7919 + 1); });
}

SnapshotPtr gauges(std::int64_t series) {
  Registry registry = make_registry();
  return make_snapshot<kymo::Gauge>(registry, series, [](kymo::Gauge gauge, std::int64_t i) {
    gauge.set(std::sqrt(static_cast<double>(i)));
  });
}

SnapshotPtr histograms(std::int64_t series) {
  Registry registry = make_registry();
  return make_snapshot<kymo::Histogram>(registry, series, [](kymo::Histogram histogram, std::int64_t i) {
    for (int k = 0; k < 100; ++k) histogram.record(0.5 + static_cast<double>((i * 31 + k * k) % 1000));
  });
}

void write(benchmark::State& state, SnapshotPtr (*make)(std::int64_t), Writer writer, Memory memory) {
  const SnapshotPtr snapshot = make(state.range(0));
  std::string out;
  std::size_t bytes = 0;
  for (auto _ : state) {
    if (memory == Memory::fresh) out = std::string();
    out.clear();
    writer(*snapshot, out);
    bytes = out.size();
    benchmark::DoNotOptimize(out.data());
  }
  const auto series = static_cast<double>(state.range(0));
  state.counters["per_series"] =
      benchmark::Counter(series * static_cast<double>(state.iterations()),
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["bytes_per_series"] = static_cast<double>(bytes) / series;
}

void json(const Snapshot& snapshot, std::string& out) { kymo::format::write_json(snapshot, out); }

constexpr std::int64_t kMillion = 1'000'000;
constexpr auto text = kymo::format::write_prometheus_text;
constexpr auto openmetrics = kymo::format::write_openmetrics;

BENCHMARK_CAPTURE(write, counters / text / fresh, counters, text, Memory::fresh)
    ->Arg(kMillion)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(write, counters / text / reused, counters, text, Memory::reused)
    ->Arg(1000)
    ->Arg(kMillion)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(write, counters / openmetrics / fresh, counters, openmetrics, Memory::fresh)
    ->Arg(kMillion)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(write, counters / json / fresh, counters, json, Memory::fresh)
    ->Arg(kMillion)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(write, gauges / text / fresh, gauges, text, Memory::fresh)
    ->Arg(kMillion)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(write, histograms / text / fresh, histograms, text, Memory::fresh)
    ->Arg(10'000)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(write, histograms / openmetrics / fresh, histograms, openmetrics, Memory::fresh)
    ->Arg(10'000)
    ->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
