// The cost of recording in one thread. The limits: counting in the thread's own memory, and two readings of
// the clock for scope timers.
#include <chrono>

#include <kymo/bench/run.h>
#include <kymo/core/collector.h>
#include <kymo/core/registry.h>
#include <kymo/core/scoped_timer.h>

#include "bare_count.h"

namespace kymo::KYMO_ABI::bench {
namespace {

struct Operation {
  const char* name;
  Contender contender;
  std::size_t limit;  // index of the limit; limits come first
};

Contender one_thread(std::size_t calls, auto operation) {
  return [calls, operation] { return cpu_ns_each(1, calls, operation); };
}

constexpr const char* kLimits[] = {"count in own memory", "read the clock twice"};

/// Runs all in turns, and reports a figure for each except the limits.
void tell_operations(const Effort& effort, const std::vector<Operation>& operations, const Told& told) {
  std::vector<Contender> contenders;
  for (const Operation& one : operations) contenders.push_back(one.contender);
  const auto turns = turns_of(effort, contenders);
  for (std::size_t i = std::size(kLimits); i < operations.size(); ++i) {
    const std::size_t limit = operations[i].limit;
    told(against(figure_of(operations[i].name, "ns", turns[i]), kLimits[limit], turns[limit]));
  }
}

}  // namespace

void operation_figures(const Effort& effort, const Told& told) {
  Registry registry;
  Counter counter = registry.counter("requests", "Requests.");
  Gauge gauge = registry.gauge("depth", "Depth.");
  Gauge plain = registry.gauge("depth.plain", "Depth.", {.statistics = GaugeTracking::off});
  Histogram histogram = registry.histogram("sizes", "Sizes.");
  Timing timing = registry.timing("duration", "Duration.");
  Collector collector(registry);
  const std::size_t many = effort.of(2'000'000);
  const std::size_t fewer = effort.of(400'000);
  const auto read_clock = [] {
    auto now = std::chrono::steady_clock::now();
    escape(&now);
  };
  tell_operations(
      effort,
      {{"", one_thread(many, [](std::size_t) { count_alone(); }), 0},
       {"", one_thread(fewer, [=](std::size_t) { read_clock(), read_clock(); }), 1},
       {"counter add", one_thread(many, [&](std::size_t) { counter.add(); }), 0},
       {"gauge set", one_thread(fewer, [&](std::size_t i) { gauge.set(static_cast<double>(i)); }), 0},
       {"gauge set, without statistics",
        one_thread(many, [&](std::size_t i) { plain.set(static_cast<double>(i)); }), 0},
       {"histogram record",
        one_thread(fewer, [&](std::size_t i) { histogram.record(static_cast<double>(i % 1000)); }), 0},
       {"increment by name, 2 tags",
        one_thread(fewer,
                   [&](std::size_t i) {
                     collector.increment("events", {{"type", i % 2 == 0 ? "a" : "b"}, {"source", "bench"}});
                   }),
        0},
       {"scoped timer", one_thread(fewer, [&](std::size_t) { const ScopedTimer timer(timing); }), 1}},
      told);

  const auto off = [&] {
    set_recording(false);
    const double taken = cpu_ns_each(1, many, [&](std::size_t) { counter.add(); });
    set_recording(true);
    return taken;
  };
  tell_operations(effort,
                  {{"", one_thread(many, [](std::size_t) { count_alone(); }), 0},
                   {"", one_thread(fewer, [=](std::size_t) { read_clock(), read_clock(); }), 1},
                   {"counter add, recording off", off, 0}},
                  told);
}

}  // namespace kymo::KYMO_ABI::bench
