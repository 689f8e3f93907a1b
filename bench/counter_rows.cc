// Adding to a counter through a handle. The limit: a load, an addition and a store of thread-local memory.
#include <prometheus/counter.h>

#include <atomic>

#include <kymo/core/registry.h>

#include "report.h"

namespace kymo::bench {
namespace {

thread_local std::atomic<std::uint64_t> own_cell;

}  // namespace

void counter_rows(Report& report) {
  Registry registry;
  Counter counter = registry.counter("requests", "Requests.");
  prometheus::Counter peer;
  const std::size_t adds = report.effort().of(4'000'000);

  const auto ours = [&](unsigned threads) {
    return cpu_ns_each(threads, adds, [&](std::size_t) { counter.add(); });
  };
  const auto limit = [&](unsigned threads) {
    return cpu_ns_each(threads, adds, [](std::size_t) {
      own_cell.store(own_cell.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    });
  };
  const auto theirs = [&](unsigned threads) {
    return cpu_ns_each(threads, adds, [&](std::size_t) { peer.Increment(); });
  };
  const auto turns = turns_of(
      report.effort(),
      {[&] { return ours(1); }, [&] { return ours(2); }, [&] { return limit(1); }, [&] { return limit(2); }},
      {[&] { return theirs(1); }, [&] { return theirs(2); }});
  report.add(Row{.work = "counter add, 1 thread",
                 .unit = "ns",
                 .kymo = median(turns[0]),
                 .limit = median(turns[2]),
                 .peer = median(turns[4])}
                 .at_most_limit(2)
                 .at_most_peer_over(3));
  report.add(Row{.work = "the same counter from 2 threads",
                 .unit = "ns",
                 .kymo = median(turns[1]),
                 .limit = median(turns[3]),
                 .peer = median(turns[5])}
                 .flat_with_threads(median_ratio(turns[1], turns[0]), median_ratio(turns[3], turns[2])));
}

}  // namespace kymo::bench
