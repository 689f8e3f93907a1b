// Resident memory a series, each figure in a fresh process, from /proc/self/smaps_rollup.
#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <unistd.h>

#include <barrier>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <thread>
#include <vector>

#include <kymo/core/registry.h>

#include "labelled_series.h"
#include "latencies.h"
#include "report.h"

namespace kymo::KYMO_ABI::bench {
namespace {

double resident_bytes() {
  std::ifstream file("/proc/self/smaps_rollup");
  std::string word;
  while (file >> word) {
    double kilobytes = 0;
    if (word == "Rss:" && file >> kilobytes) return kilobytes * 1024;
  }
  throw std::runtime_error("/proc/self/smaps_rollup has no Rss");
}

template <class Make>
double growth_each(std::size_t count, Make make) {
  const double before = resident_bytes();
  make();
  return (resident_bytes() - before) / static_cast<double>(count);
}

double our_counters(std::size_t count) {
  Registry registry(roomy());
  const auto family = registry.family<Counter, "method", "code", "session">("requests", "R.");
  return growth_each(count, [&] {
    for (std::size_t i = 0; i < count; ++i) series(family, SeriesLabels(i)).add();
  });
}

double peer_counters(std::size_t count) {
  prometheus::Registry registry;
  auto& family = prometheus::BuildCounter().Name("requests").Help("R.").Register(registry);
  return growth_each(count, [&] {
    for (std::size_t i = 0; i < count; ++i) family.Add(SeriesLabels(i).for_peer()).Increment();
  });
}

double our_histograms(std::size_t count, std::size_t records) {
  Registry registry(roomy());
  const auto family =
      registry.family<Histogram, "method", "code", "session">("latency", "L.", {.unit = "seconds"});
  const std::vector<double> values = latencies(1 << 20);
  return growth_each(count, [&] {
    for (std::size_t i = 0; i < count; ++i) {
      Histogram histogram = series(family, SeriesLabels(i));
      for (std::size_t k = 0; k < records; ++k) histogram.record(values[(i * 1009 + k) % values.size()]);
    }
  });
}

double peer_histograms(std::size_t count) {
  prometheus::Registry registry;
  auto& family = prometheus::BuildHistogram().Name("latency").Help("L.").Register(registry);
  return growth_each(count, [&] {
    for (std::size_t i = 0; i < count; ++i)
      family.Add(SeriesLabels(i).for_peer(), eleven_bounds()).Observe(5e-3);
  });
}

/// What 8 more threads need to touch every series, each.
double our_threads(std::size_t count) {
  constexpr unsigned kThreads = 8;
  Registry registry(roomy());
  const auto family = registry.family<Counter, "method", "code", "session">("requests", "R.");
  std::vector<Counter> counters;
  for (std::size_t i = 0; i < count; ++i) {
    counters.push_back(series(family, SeriesLabels(i)));
    counters.back().add();
  }
  std::barrier<> begun(kThreads + 1);
  std::barrier<> touched(kThreads + 1);
  std::barrier<> measured(kThreads + 1);
  std::vector<std::jthread> threads;
  for (unsigned t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      begun.arrive_and_wait();
      for (Counter& counter : counters) counter.add();
      touched.arrive_and_wait();
      measured.arrive_and_wait();
    });
  }
  const double bytes = growth_each(count * kThreads, [&] {
    begun.arrive_and_wait();
    touched.arrive_and_wait();
  });
  measured.arrive_and_wait();
  return bytes;
}

double in_child(const std::string& what, std::size_t series_count) {
  const std::string program = std::filesystem::read_symlink("/proc/self/exe");
  FILE* output = popen((program + " --memory-of " + what + ' ' + std::to_string(series_count)).c_str(), "r");
  double bytes = kNone;
  const bool read = output != nullptr && std::fscanf(output, "%lf", &bytes) == 1;
  if (output == nullptr || pclose(output) != 0 || !read) throw std::runtime_error("measuring " + what);
  return bytes;
}

}  // namespace

void print_memory_of(const std::string& what, std::size_t count) {
  double bytes = kNone;
  if (what == "counters") bytes = our_counters(count);
  if (what == "peer-counters") bytes = peer_counters(count);
  if (what == "histograms-100") bytes = our_histograms(count, 100);
  if (what == "histograms-1000") bytes = our_histograms(count, 1000);
  if (what == "histograms-100000") bytes = our_histograms(count, 100'000);
  if (what == "peer-histograms") bytes = peer_histograms(count);
  if (what == "threads") bytes = our_threads(count);
  std::cout << bytes << '\n';
}

void memory_rows(Report& report) {
  const std::size_t many = report.effort().of(1'000'000);
  const std::size_t histograms = report.effort().of(10'000, 10);
  report.add(Row{.work = "memory of a counter with 3 labels, of 1 M",
                 .unit = "B",
                 .kymo = in_child("counters", many),
                 .peer = in_child("peer-counters", many)}
                 .at_most(250));
  const double peer = in_child("peer-histograms", histograms);
  report.add({.work = "memory of a histogram, 100 latencies",
              .unit = "B",
              .kymo = in_child("histograms-100", histograms),
              .peer = peer});
  report.add(Row{.work = "memory of a histogram, 1 000 latencies",
                 .unit = "B",
                 .kymo = in_child("histograms-1000", histograms),
                 .peer = peer}
                 .at_most(1024));
  report.add({.work = "memory of a histogram, 100 k latencies",
              .unit = "B",
              .kymo = in_child("histograms-100000", histograms),
              .peer = peer});
  report.add(Row{.work = "memory of a counter in each further thread",
                 .unit = "B",
                 .kymo = in_child("threads", report.effort().of(200'000)),
                 .limit = 8,
                 .peer = 0}
                 .at_most(16));
}

}  // namespace kymo::KYMO_ABI::bench
