// Measures a process' history in memory: ten thousand series, a thousand of them histograms, over an hour and
// more.
#include <kymo/history/store.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include <kymo/bench/measure.h>
#include <kymo/core/registry.h>

#include "labelled_series.h"
#include "report.h"

namespace kymo::KYMO_ABI::bench {
namespace {

constexpr std::size_t kNumbers = 9000;
constexpr std::size_t kHistograms = 1000;
constexpr std::size_t kRecordsAtATick = 10;

long page_faults() {
  rusage usage{};
  ::getrusage(RUSAGE_THREAD, &usage);
  return usage.ru_minflt;
}

double resident_mib() {
  std::ifstream file("/proc/self/statm");
  double pages = 0;
  file >> pages >> pages;
  return pages * 4096 / (1 << 20U);
}

/// A server's figures: counters that stand still, grow evenly or at random; gauges with jitter, some of them
/// of full entropy; latencies.
class Source final {
 public:
  Source() {
    const auto counters = registry_.family<Counter>("requests", "R.");
    const auto gauges = registry_.family<Gauge>("levels", "L.");
    const auto latencies = registry_.family<Histogram>("latency", "L.", {.unit = "seconds"});
    for (std::size_t i = 0; i < kNumbers / 2; ++i) {
      const std::string of = std::to_string(i);
      counters_.push_back(counters.with({{"of", of}, {"route", "/api/v1/items"}}));
      gauges_.push_back(gauges.with({{"of", of}, {"route", "/api/v1/items"}}));
    }
    for (std::size_t i = 0; i < kHistograms; ++i) {
      latencies_.push_back(latencies.with({{"of", std::to_string(i)}, {"route", "/api/v1/items"}}));
    }
  }

  void record() {
    for (std::size_t i = 0; i < counters_.size(); ++i) {
      if (i % 3 != 0) counters_[i].add(i % 7 == 0 ? random_() % 100 : 3);
    }
    for (std::size_t i = 0; i < gauges_.size(); ++i) {
      const double level = level_(random_);
      if (i % 7 == 0) {
        gauges_[i].set(level);
      } else if (i % 2 == 0) {
        gauges_[i].set(std::round(level));
      }
    }
    for (Histogram& latency : latencies_) {
      for (std::size_t i = 0; i < kRecordsAtATick; ++i) latency.record(latency_(random_));
    }
  }
  [[nodiscard]] std::shared_ptr<const Snapshot> snapshot() { return registry_.snapshot(); }

 private:
  Registry registry_{roomy()};
  std::vector<Counter> counters_;
  std::vector<Gauge> gauges_;
  std::vector<Histogram> latencies_;
  std::mt19937 random_{1};
  std::normal_distribution<double> level_{100, 5};
  std::lognormal_distribution<double> latency_{-4, 0.7};
};

/// Microseconds to find a series and to read its last hour.
double last_hour(const Report& report, const history::Store& store, const char* name) {
  const std::vector<series::Matcher> matchers = {series::Matcher::equal("__name__", name),
                                                 series::Matcher::equal("of", "17")};
  const std::int64_t now_ms = store.figures().newest_ms;
  const auto read = [&] {
    const auto scan = store.scan();
    const auto found = store.find(matchers, {now_ms - 3'600'000, now_ms});
    double sum = 0;
    scan->open(found.at(0), {now_ms - 3'600'000, now_ms});
    while (const series::SeriesChunk* chunk = scan->next()) sum += chunk->values.back();
    escape(&sum);
  };
  std::vector<double> taken;
  for (std::size_t i = 0; i < report.effort().of(20, 1); ++i) taken.push_back(cpu_ns_of(read) / 1e3);
  return median(taken);
}

}  // namespace

void store_rows(Report& report) {
  const double before = resident_mib();
  Source source;
  history::Store store;
  const std::size_t ticks = report.effort().of(4200, 70);
  const std::size_t warm = ticks / 2;
  std::vector<double> append;
  double snapshots = 0;
  long faults = 0;
  for (std::size_t i = 0; i < ticks; ++i) {
    source.record();
    const long faults_before = page_faults();
    std::shared_ptr<const Snapshot> snapshot;
    const double taken = cpu_ns_of([&] { snapshot = source.snapshot(); }) / 1e6;
    const std::chrono::system_clock::time_point time(std::chrono::seconds(1'000'000 + i));
    append.push_back(cpu_ns_of([&] { store.append(time, *snapshot); }) / 1e6);
    if (i < warm) continue;
    snapshots += taken;
    faults += page_faults() - faults_before;
  }
  const auto count = static_cast<double>(ticks - warm);
  append.erase(append.begin(), append.begin() + static_cast<std::ptrdiff_t>(warm));
  double appends = 0;
  for (const double one : append) appends += one;
  report.add(Row{.work = "tick of 10k series, 1k histograms: Snapshot and append",
                 .unit = "ms",
                 .kymo = (snapshots + appends) / count}
                 .at_most(2));
  report.add({.work = "tick of 10k series: append alone", .unit = "ms", .kymo = appends / count});
  report.add({.work = "tick of 10k series: slowest append",
              .unit = "ms",
              .kymo = *std::ranges::max_element(append)});
  report.add(
      Row{.work = "tick of 10k series: page faults", .unit = "", .kymo = static_cast<double>(faults) / count}
          .at_most(100));
  report.add(
      Row{.work = "10k series live, resident", .unit = "MiB", .kymo = resident_mib() - before}.at_most(64));
  const history::StoreFigures figures = store.figures();
  report.add({.work = "10k series in 32 MiB: reach",
              .unit = "s",
              .kymo = static_cast<double>(figures.newest_ms - figures.oldest_ms) / 1e3});
  report.add(Row{
      .work = "a counter's last hour, read", .unit = "µs", .kymo = last_hour(report, store, "requests_total")}
                 .at_most(100));
  report.add({.work = "a histogram's last hour, read",
              .unit = "µs",
              .kymo = last_hour(report, store, "latency_seconds")});
}

}  // namespace kymo::KYMO_ABI::bench
