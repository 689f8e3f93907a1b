// A profiler's scope: off, on, and inside another. The limits: nothing, and two readings of the monotonic
// clock, as for a scoped timer. Both read the processor's counter where that can be trusted; its row is last.
#include <algorithm>
#include <chrono>

#include <kymo/core/stopwatch.h>
#include <kymo/profile/profile.h>

#include "report.h"

namespace kymo::KYMO_ABI::bench {
namespace {

void read_clock() {
  auto now = std::chrono::steady_clock::now();
  escape(&now);
}

void read_counter_twice() {
  auto elapsed = Stopwatch().elapsed();
  escape(&elapsed);
}

}  // namespace

void profile_rows(Report& report) {
  const std::size_t off_calls = report.effort().of(16'000'000);
  const auto off = medians(
      report.effort(),
      {[&] { return cpu_ns_each(1, off_calls, [](std::size_t) {}); },
       [&] { return cpu_ns_each(1, off_calls, [](std::size_t) { KYMO_PROFILE_SCOPE("bench.off"); }); }});
  report.add(
      Row{.work = "profiler scope, off", .unit = "ns", .kymo = std::max(0.0, off[1] - off[0]), .limit = 0}
          .at_most(1));

  profile::enable();
  const std::size_t calls = report.effort().of(500'000);
  const auto on =
      medians(report.effort(),
              {[&] { return cpu_ns_each(1, calls, [](std::size_t) { read_clock(), read_clock(); }); },
               [&] { return cpu_ns_each(1, calls, [](std::size_t) { KYMO_PROFILE_SCOPE("bench.on"); }); },
               [&] {
                 return cpu_ns_each(1, calls, [](std::size_t) {
                   KYMO_PROFILE_SCOPE("bench.outer");
                   KYMO_PROFILE_SCOPE("bench.inner");
                 });
               },
               [&] { return cpu_ns_each(1, calls, [](std::size_t) { read_counter_twice(); }); }});
  profile::disable();
  profile::reset();
  report.add(
      Row{.work = "profiler scope, on", .unit = "ns", .kymo = on[1], .limit = on[0]}.at_most_limit_plus(15));
  report.add(Row{.work = "profiler scope, on, two nested", .unit = "ns", .kymo = on[2], .limit = 2 * on[0]}
                 .at_most_limit_plus(30));
  report.add({.work = "two readings of the processor's counter", .unit = "ns", .limit = on[3]});
}

}  // namespace kymo::KYMO_ABI::bench
