// Incrementing by name: the labels are strings at each call. The limit: a hash and a probe of a flat table.
#include <prometheus/counter.h>
#include <prometheus/registry.h>

#include <algorithm>
#include <array>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <kymo/core/collector.h>
#include <kymo/core/registry.h>

#include "allocations.h"
#include "flat_table.h"
#include "report.h"

namespace kymo::KYMO_ABI::bench {
namespace {

struct Tags {
  std::string type;
  std::string source;
};

/// 100 pairs, called for in random order.
class Calls {
 public:
  Calls() {
    constexpr std::array<const char*, 10> kTypes = {"login",   "logout",      "message", "join",
                                                    "leave",   "connect",     "error",   "timeout",
                                                    "reserve", "speech.begin"};
    constexpr std::array<const char*, 10> kSources = {"web",     "ios", "android", "api",    "cron",
                                                      "gateway", "sip", "webrtc",  "import", "operator"};
    for (const char* type : kTypes)
      for (const char* source : kSources) pairs_.push_back({type, source});
    std::mt19937 random(7);
    for (auto& index : order_) index = static_cast<std::uint8_t>(random() % pairs_.size());
  }

  [[nodiscard]] const std::vector<Tags>& pairs() const { return pairs_; }
  [[nodiscard]] const Tags& at(std::size_t i) const { return pairs_[order_[i % order_.size()]]; }

 private:
  std::vector<Tags> pairs_;
  std::array<std::uint8_t, 4096> order_{};
};

/// Calls of operator new in one increment of each pair.
template <class Increment>
double allocations_each(const Calls& calls, Increment increment) {
  for (const Tags& tags : calls.pairs()) increment(tags);
  const std::uint64_t before = allocations();
  for (const Tags& tags : calls.pairs()) increment(tags);
  return static_cast<double>(allocations() - before) / static_cast<double>(calls.pairs().size());
}

/// By name is held to the limit and to being flat with threads. A handle keeps its series alive: two locked
/// additions to a number that the threads share, which the limit does not have.
enum class Gives { nothing, handle };

/// Adds the rows of one way to increment by name. `texts` gives all texts that are looked up in it: the
/// tags', and the metric's name where that is looked up too.
template <class Texts, class Ours>
void compare(const Report& report, const std::string& way, Gives gives, const Calls& calls, Texts texts,
             Ours ours) {
  auto table = std::make_unique<FlatTable<std::tuple_size_v<std::invoke_result_t<Texts, const Tags&>>>>();
  for (const Tags& tags : calls.pairs()) table->insert(texts(tags));
  const auto limit = [&](const Tags& tags) {
    table->find(texts(tags))->fetch_add(1, std::memory_order_relaxed);
  };
  // The cost that two threads without shared writes impose on each other, on this machine.
  const auto apart = [&](const Tags& tags) { escape(table->find(texts(tags))); };
  prometheus::Registry peer_registry;
  auto& peer = prometheus::BuildCounter().Name("events_processed").Help("E.").Register(peer_registry);
  const auto theirs = [&](const Tags& tags) {
    peer.Add({{"type", tags.type}, {"source", tags.source}}).Increment();
  };
  const double our_allocations = allocations_each(calls, ours);
  const double their_allocations = allocations_each(calls, theirs);

  const std::size_t many = report.effort().of(400'000);
  const std::size_t fewer = report.effort().of(100'000);
  const auto on_threads = [&](unsigned threads, std::size_t count, auto& increment) {
    return cpu_ns_each(threads, count, [&](std::size_t i) { increment(calls.at(i)); });
  };
  const auto turns =
      turns_of(report.effort(),
               {[&] { return on_threads(1, many, ours); }, [&] { return on_threads(2, many, ours); },
                [&] { return on_threads(1, many, limit); }, [&] { return on_threads(2, many, limit); },
                [&] { return on_threads(1, many, apart); }, [&] { return on_threads(2, many, apart); }},
               {[&] { return on_threads(1, fewer, theirs); }, [&] { return on_threads(2, fewer, theirs); }});
  Row one{.work = way + ", 1 thread",
          .unit = "ns",
          .kymo = median(turns[0]),
          .limit = median(turns[2]),
          .peer = median(turns[6])};
  Row two{.work = way + ", 2 threads",
          .unit = "ns",
          .kymo = median(turns[1]),
          .limit = median(turns[3]),
          .peer = median(turns[7])};
  if (gives == Gives::nothing) {
    one.at_most_limit(1.5);
    two.flat_with_threads(median_ratio(turns[1], turns[0]), median_ratio(turns[5], turns[4]));
  }
  report.add(one.at_most_peer_over(4));
  report.add(two.at_most_peer_over(4));
  report.add(Row{.work = way + ", allocations",
                 .unit = "",
                 .kymo = our_allocations,
                 .limit = 0,
                 .peer = their_allocations}
                 .at_most(0));
}

}  // namespace

void lookup_rows(Report& report) {
  const Calls calls;
  Registry registry;
  const auto family = registry.family<Counter>("events.by_family", "E.");
  compare(
      report, "family.with(2 tags).add()", Gives::handle, calls,
      [](const Tags& tags) {
        return std::array<std::string_view, 4>{"type", tags.type, "source", tags.source};
      },
      [&](const Tags& tags) { family.with({{"type", tags.type}, {"source", tags.source}}).add(); });
  Collector collector(registry);
  compare(
      report, "collector.increment(name, 2 tags)", Gives::nothing, calls,
      [](const Tags& tags) {
        return std::array<std::string_view, 5>{"events.processed", "type", tags.type, "source", tags.source};
      },
      [&](const Tags& tags) {
        collector.increment("events.processed", 1, {{"type", tags.type}, {"source", tags.source}});
      });
}

}  // namespace kymo::KYMO_ABI::bench
