// How long single calls take while another thread scrapes a million series over and over. The limit: the same
// calls while that thread only computes, so that the machine's part is in both. What the scheduler, the timer
// or a device interrupted is left out of both.
#include <prometheus/counter.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include <kymo/base/block_text.h>
#include <kymo/core/registry.h>
#include <kymo/format/text_writers.h>

#include "interruptions.h"
#include "labelled_series.h"
#include "report.h"

namespace kymo::KYMO_ABI::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Percentiles {
  double p50 = 0;
  double p999 = 0;
  double max = 0;
};

/// Calls in groups: a group that was interrupted is dropped. Before each call it waits for `pause`.
struct Pace {
  std::size_t calls_in_group;
  std::chrono::microseconds pause;
  std::chrono::milliseconds duration;
};

/// Until the pace's time is over and `is_enough()` holds.
template <class Call, class IsEnough>
Percentiles latencies_of(const Pace& pace, Call call, IsEnough is_enough) {
  std::vector<std::uint64_t> taken;
  taken.reserve(8'000'000);
  const Interruptions interruptions;
  const auto end = Clock::now() + pace.duration;
  do {
    const std::size_t kept = taken.size();
    const std::uint64_t before = interruptions.count();
    for (std::size_t i = 0; i < pace.calls_in_group && taken.size() < taken.capacity(); ++i) {
      if (pace.pause.count() != 0) {
        for (const auto next = Clock::now() + pace.pause; Clock::now() < next;) {
        }
      }
      const std::uint64_t begin = cycles();
      call();
      taken.push_back(cycles() - begin);
    }
    // Nobody's interrupt takes a millisecond: a call that did has waited.
    const bool has_waited = std::any_of(
        taken.begin() + static_cast<std::ptrdiff_t>(kept), taken.end(),
        [](std::uint64_t taken_by_one) { return ns_per_cycle() * static_cast<double>(taken_by_one) > 1e6; });
    if (interruptions.count() != before && !has_waited) taken.resize(kept);
  } while (Clock::now() < end || !is_enough());
  if (taken.empty()) return {kNone, kNone, kNone};
  std::ranges::sort(taken);
  const auto at = [&](double q) {
    return ns_per_cycle() *
           static_cast<double>(taken[static_cast<std::size_t>(q * static_cast<double>(taken.size() - 1))]);
  };
  return {at(0.5), at(0.999), at(1)};
}

/// The calls' latencies while another thread does `background` over and over, `least` times in whole.
template <class Call, class Background>
Percentiles beside(const Pace& pace, Call call, Background background, int least) {
  std::atomic<bool> stop = false;
  std::atomic<int> done = 0;
  std::jthread other([&] {
    for (; !stop.load(std::memory_order_relaxed); ++done) background();
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(1));
  const Percentiles taken =
      latencies_of(pace, call, [&] { return done.load(std::memory_order_relaxed) >= least; });
  stop = true;
  return taken;
}

void compute() {
  std::uint64_t x = 1;
  repeat(100'000, [&](std::size_t) {
    x = x * 6364136223846793005U + 1;
    escape(&x);
  });
}

/// p50 and p99.9 are medians over the turns. The maximum is that of the least disturbed turn: the machine
/// interrupts now and then, while a call that has to wait for a scrape does so in each turn, which has a
/// whole one at least.
struct Turns {
  std::vector<double> p50, p999, max;

  void note(const Percentiles& taken) {
    p50.push_back(taken.p50);
    p999.push_back(taken.p999);
    max.push_back(taken.max);
  }
  [[nodiscard]] double least_max() const { return *std::ranges::min_element(max); }
};

/// Rows of ours beside a scrape, ours quiet, and the peer's beside its scrape.
void add_rows(const Report& report, const std::string& work, const Turns& scraped, const Turns& quiet,
              const Turns& peer) {
  const auto row = [&](const char* figure, auto of) {
    return Row{.work = work + ", " + figure,
               .unit = "ns",
               .kymo = of(scraped),
               .limit = of(quiet),
               .peer = of(peer)};
  };
  report.add(row("p50", [](const Turns& turns) { return median(turns.p50); }));
  report.add(row("p99.9", [](const Turns& turns) { return median(turns.p999); }).at_most_limit(1.1));
  report.add(row("max", [](const Turns& turns) { return turns.least_max(); }).at_most_limit(1.1));
}

template <class Ours, class Scrape, class Theirs, class PeerScrape>
void compare(const Report& report, const std::string& work, const Pace& pace, Ours ours, Scrape scrape,
             Theirs theirs, PeerScrape peer_scrape) {
  Turns scraped;
  Turns quiet;
  Turns peer;
  // As many as the machine needs to leave one alone.
  constexpr int kTimes = 5;
  for (int turn = 0; turn < report.effort().turns * kTimes; ++turn) {
    scraped.note(beside(pace, ours, scrape, 2));
    quiet.note(beside(pace, ours, compute, 2));
    // A scrape of the peer's takes seconds, and most calls beside it as long.
    Pace long_pace = pace;
    long_pace.duration *= kTimes;
    if (turn % kTimes == 0) peer.note(beside(long_pace, theirs, peer_scrape, 0));
  }
  add_rows(report, work, scraped, quiet, peer);
}

}  // namespace

void scrape_rows(Report& report) {
  const std::size_t count = report.effort().of(1'000'000);
  Registry registry(roomy());
  const auto family = registry.family<Counter, "method", "code", "session">("requests", "R.");
  prometheus::Registry peer;
  auto& peer_family = prometheus::BuildCounter().Name("requests").Help("R.").Register(peer);
  for (std::size_t i = 0; i < count; ++i) {
    const SeriesLabels labels(i);
    series(family, labels).add();
    peer_family.Add(labels.for_peer()).Increment();
  }
  const auto blocks = std::make_shared<base::BlockPool>(std::size_t{256} << 20U);
  const auto scrape = [&] {
    base::BlockText out(blocks);
    format::write_prometheus_text(*registry.snapshot(), out);
    escape(out.pieces().front().data());
  };
  const auto peer_scrape = [&] { (void)prometheus::TextSerializer().Serialize(peer.Collect()); };

  Counter counter = series(family, SeriesLabels(0));
  auto& peer_counter = peer_family.Add(SeriesLabels(0).for_peer());
  const bool smoke = report.effort().smoke;
  using std::chrono::microseconds;
  using std::chrono::milliseconds;
  compare(
      report, "add beside a scrape of 1 M series",
      {.calls_in_group = 5000, .pause = microseconds(0), .duration = milliseconds(smoke ? 1 : 140)},
      [&] { counter.add(); }, scrape, [&] { peer_counter.Increment(); }, peer_scrape);

  std::size_t created = count;
  std::size_t peer_created = count;
  const auto create = [&] {
    const SeriesLabels labels(created++);
    series(family, labels).add();
  };
  const auto peer_create = [&] { peer_family.Add(SeriesLabels(peer_created++).for_peer()).Increment(); };
  compare(report, "new series beside a scrape of 1 M",
          {.calls_in_group = 8, .pause = microseconds(50), .duration = milliseconds(smoke ? 1 : 200)}, create,
          scrape, peer_create, peer_scrape);
}

}  // namespace kymo::KYMO_ABI::bench
