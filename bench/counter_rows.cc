// Adding to a counter through a handle. The limit: a load, an addition and a store of thread-local memory.
#include <prometheus/counter.h>

#include <atomic>

#include <kymo/core/registry.h>

#include "by_threads.h"
#include "report.h"

namespace kymo::KYMO_ABI::bench {
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
  const ByThreads taken(report.effort(), ours, limit, theirs);
  report.add(taken.one("counter add, 1 thread").at_most_limit(2).at_most_peer_over(3));
  report.add(taken.two("the same counter from 2 threads"));
}

}  // namespace kymo::KYMO_ABI::bench
