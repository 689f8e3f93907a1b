// Timing a scope. The limit: two readings of the monotonic clock. The peer has no timer: two readings and its
// histogram.
#include <prometheus/histogram.h>

#include <chrono>

#include <kymo/core/registry.h>
#include <kymo/core/scoped_timer.h>

#include "latencies.h"
#include "report.h"

namespace kymo::KYMO_ABI::bench {

void timer_rows(Report& report) {
  using Clock = std::chrono::steady_clock;
  Registry registry;
  Timing timing = registry.timing("handle.duration", "H.", {.recent = 0});
  Timing with_recent = registry.timing("handle.recent", "H.");
  prometheus::Histogram peer(eleven_bounds());
  const std::size_t scopes = report.effort().of(500'000);
  const auto read_clock = [] {
    auto now = Clock::now();
    escape(&now);
  };
  const auto observe = [&](std::size_t) {
    const auto begin = Clock::now();
    peer.Observe(std::chrono::duration<double>(Clock::now() - begin).count());
  };
  const auto taken = medians(
      report.effort(),
      {[&] { return cpu_ns_each(1, scopes, [&](std::size_t) { const ScopedTimer timer(timing); }); },
       [&] { return cpu_ns_each(1, scopes, [&](std::size_t) { read_clock(), read_clock(); }); },
       [&] { return cpu_ns_each(1, scopes, observe); },
       [&] { return cpu_ns_each(1, scopes, [&](std::size_t) { const ScopedTimer timer(with_recent); }); },
       [&] { return cpu_ns_each(1, scopes, [&](std::size_t) { read_clock(); }); },
       [&] {
         return cpu_ns_each(1, scopes, [&](std::size_t) {
           auto now = cycles();
           escape(&now);
         });
       }});
  report.add(Row{
      .work = "scoped timer, recent = 0", .unit = "ns", .kymo = taken[0], .limit = taken[1], .peer = taken[2]}
                 .at_most_limit_plus(6));
  report.add(Row{.work = "scoped timer, the last 100 kept",
                 .unit = "ns",
                 .kymo = taken[3],
                 .limit = taken[1],
                 .peer = taken[2]}
                 .at_most_limit_plus(6));
  report.add({.work = "reading steady_clock", .unit = "ns", .limit = taken[4]});
  report.add({.work = "reading the cycle counter (rdtscp)", .unit = "ns", .limit = taken[5]});
}

}  // namespace kymo::KYMO_ABI::bench
