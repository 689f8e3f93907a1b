// The same counter, and the same histogram, from one thread up to the number of cores: CPU time an operation,
// which stays constant if threads do not hinder each other. The limit does the same work in each thread's own
// memory.
#include <kymo/bench/run.h>
#include <kymo/core/registry.h>

#include "bare_count.h"

namespace kymo::KYMO_ABI::bench {
namespace {

std::vector<unsigned> thread_counts(unsigned cores) {
  std::vector<unsigned> counts;
  for (unsigned threads = 1; threads < cores; threads *= 2) counts.push_back(threads);
  counts.push_back(cores);
  return counts;
}

}  // namespace

void scaling_figures(const Effort& effort, const Told& told) {
  Registry registry;
  Counter counter = registry.counter("requests", "Requests.");
  Histogram histogram = registry.histogram("sizes", "Sizes.");
  const std::size_t many = effort.of(4'000'000);
  const std::size_t fewer = effort.of(1'000'000);
  for (const unsigned threads : thread_counts(this_machine().cores)) {
    const auto turns =
        turns_of(effort, {[&] { return cpu_ns_each(threads, many, [](std::size_t) { count_alone(); }); },
                          [&] { return cpu_ns_each(threads, many, [&](std::size_t) { counter.add(); }); },
                          [&] {
                            return cpu_ns_each(threads, fewer, [&](std::size_t i) {
                              histogram.record(static_cast<double>(i % 1000));
                            });
                          }});
    const std::string suffix = threads == 1 ? ", 1 thread" : ", " + std::to_string(threads) + " threads";
    constexpr std::string_view kLimit = "count in own memory";
    told(against(figure_of("one counter" + suffix, "ns", turns[1]), kLimit, turns[0]));
    told(against(figure_of("one histogram" + suffix, "ns", turns[2]), kLimit, turns[0]));
  }
}

}  // namespace kymo::KYMO_ABI::bench
