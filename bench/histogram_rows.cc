// Recording into a histogram. The limit: the same histogram, plain and thread-local.
#include <prometheus/histogram.h>

#include <kymo/core/registry.h>

#include "by_threads.h"
#include "latencies.h"
#include "plain_histogram.h"
#include "report.h"

namespace kymo::KYMO_ABI::bench {
namespace {

constinit thread_local PlainHistogram own_histogram;

}  // namespace

void histogram_rows(Report& report) {
  Registry registry;
  Histogram histogram = registry.histogram("latency", "L.", {.unit = "seconds"});
  prometheus::Histogram peer(eleven_bounds());
  const PlainHistogram::OctaveTable table;
  constexpr std::size_t kValues = 4096;
  const std::vector<double> values = latencies(kValues);
  const std::size_t records = report.effort().of(2'000'000);

  const auto ours = [&](unsigned threads) {
    return cpu_ns_each(threads, records, [&](std::size_t i) { histogram.record(values[i % kValues]); });
  };
  const auto limit = [&](unsigned threads) {
    return cpu_ns_each(threads, records, [&](std::size_t i) {
      escape(&own_histogram);
      own_histogram.record(values[i % kValues], table);
    });
  };
  const auto theirs = [&](unsigned threads) {
    return cpu_ns_each(threads, records, [&](std::size_t i) { peer.Observe(values[i % kValues]); });
  };
  const ByThreads taken(report.effort(), ours, limit, theirs);
  report.add(taken.one("histogram record, 1 thread").at_most_limit(1.5).at_most_peer_over(3));
  report.add(taken.two("the same histogram from 2 threads"));
}

}  // namespace kymo::KYMO_ABI::bench
