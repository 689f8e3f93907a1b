// Setting a gauge. The limit: one relaxed store to shared memory.
#include <prometheus/gauge.h>

#include <atomic>
#include <bit>

#include <kymo/core/registry.h>

#include "report.h"

namespace kymo::KYMO_ABI::bench {

void gauge_rows(Report& report) {
  Registry registry;
  Gauge lean = registry.gauge("depth", "D.", {.statistics = GaugeTracking::off});
  Gauge tracked = registry.gauge("depth.tracked", "D.");
  prometheus::Gauge peer;
  std::atomic<std::uint64_t> shared{0};
  escape(&shared);
  const std::size_t sets = report.effort().of(4'000'000);

  const auto taken = medians(
      report.effort(),
      {[&] { return cpu_ns_each(1, sets, [&](std::size_t i) { lean.set(static_cast<double>(i)); }); },
       [&] {
         return cpu_ns_each(1, sets, [&](std::size_t i) {
           shared.store(std::bit_cast<std::uint64_t>(static_cast<double>(i)), std::memory_order_relaxed);
         });
       },
       [&] { return cpu_ns_each(1, sets, [&](std::size_t i) { peer.Set(static_cast<double>(i)); }); },
       [&] { return cpu_ns_each(1, sets, [&](std::size_t i) { tracked.set(static_cast<double>(i)); }); }});
  report.add(Row{
      .work = "gauge set, no statistics", .unit = "ns", .kymo = taken[0], .limit = taken[1], .peer = taken[2]}
                 .at_most_limit(1.3));
  report.add({.work = "gauge set, with statistics",
              .unit = "ns",
              .kymo = taken[3],
              .limit = taken[1],
              .peer = taken[2]});
}

}  // namespace kymo::KYMO_ABI::bench
