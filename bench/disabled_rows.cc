// Measures recording while it is off, without the loop's own part, in the least disturbed of many turns. The
// bar is a time, so a slow moment of the machine must not count. The limit: nothing.
#include <algorithm>
#include <chrono>

#include <kymo/core/registry.h>
#include <kymo/core/scoped_timer.h>

#include "report.h"

namespace kymo::KYMO_ABI::bench {

void disabled_rows(Report& report) {
  Registry registry;
  Counter counter = registry.counter("requests", "R.");
  Gauge gauge = registry.gauge("depth", "D.");
  Histogram histogram = registry.histogram("sizes", "S.");
  Timing timing = registry.timing("duration", "D.");
  const std::size_t calls = report.effort().of(4'000'000);

  set_recording(false);
  Effort effort = report.effort();
  effort.turns *= 5;
  const auto taken = turns_of(
      effort, {[&] { return cpu_ns_each(1, calls, [](std::size_t) {}); },
               [&] { return cpu_ns_each(1, calls, [&](std::size_t) { counter.add(); }); },
               [&] { return cpu_ns_each(1, calls, [&](std::size_t) { gauge.set(1); }); },
               [&] { return cpu_ns_each(1, calls, [&](std::size_t) { histogram.record(1); }); },
               [&] {
                 return cpu_ns_each(1, calls,
                                    [&](std::size_t) { timing.record(std::chrono::milliseconds(1)); });
               },
               [&] { return cpu_ns_each(1, calls, [&](std::size_t) { const ScopedTimer timer(timing); }); }});
  set_recording(true);

  const auto least = [](const std::vector<double>& turns) { return *std::ranges::min_element(turns); };
  constexpr const char* kWork[] = {"counter add", "gauge set", "histogram record", "timing record",
                                   "scoped timer"};
  for (std::size_t i = 0; i < std::size(kWork); ++i) {
    report.add(Row{.work = std::string("recording off: ") + kWork[i],
                   .unit = "ns",
                   .kymo = std::max(0.0, least(taken[i + 1]) - least(taken[0])),
                   .limit = 0}
                   .at_most(0.5));
  }
}

}  // namespace kymo::KYMO_ABI::bench
