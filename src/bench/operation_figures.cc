#include <atomic>
#include <chrono>
#include <cstdint>

#include <kymo/bench/run.h>
#include <kymo/core/collector.h>
#include <kymo/core/registry.h>
#include <kymo/core/scoped_timer.h>
#include <kymo/version.h>

namespace kymo::KYMO_ABI::bench {
namespace {

/// The least possible cost of counting: a load, an addition and a store of memory that only this thread
/// writes. The memory is at a fixed offset to the thread, as in a program's own code. Through a register,
/// some processors skip the memory between turns of a loop, which they could not between a program's calls.
/// For programs, not for shared libraries.
void count_alone() noexcept {
  [[gnu::tls_model("local-exec")]] static thread_local std::atomic<std::uint64_t> own;
  own.store(own.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

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

std::vector<unsigned> thread_counts(unsigned cores) {
  std::vector<unsigned> counts;
  for (unsigned threads = 1; threads < cores; threads *= 2) counts.push_back(threads);
  counts.push_back(cores);
  return counts;
}

}  // namespace

// The limits: counting in the thread's own memory, and two readings of the clock for scope timers.
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

// CPU time an operation, which stays constant if threads do not hinder each other. The limit does the same
// work in each thread's own memory.
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
