// The cost of reading ten thousand series, half of them counters and half gauges. The limit of the text:
// copying as many bytes.
#include <cstring>
#include <string>

#include <kymo/bench/run.h>
#include <kymo/core/registry.h>
#include <kymo/format/prometheus_text.h>

namespace kymo::KYMO_ABI::bench {
namespace {

constexpr double kNanosecondsToMilliseconds = 1e-6;

std::string text_of(const Snapshot& snapshot) {
  std::string out;
  format::write_prometheus_text(snapshot, out);
  escape(out.data());
  return out;
}

}  // namespace

void series_figures(const Effort& effort, const Told& told) {
  const std::size_t half = effort.of(5'000, 20);
  Registry registry({.max_series_per_family = 2 * half});
  const auto requests = registry.family<Counter, "method", "session">("requests", "Requests answered.");
  const auto depths = registry.family<Gauge, "queue", "session">("depth", "Depth of a queue.");
  for (std::size_t i = 0; i < half; ++i) {
    const std::string session = std::to_string(i);
    requests.with("GET", session).add(i * 7919);
    depths.with("in", session).set(static_cast<double>(i) * 0.25);
  }
  const auto snapshot = registry.snapshot();
  const std::string text = text_of(*snapshot);
  const auto copy = [&] {
    std::string out;
    out.resize(text.size());
    std::memcpy(out.data(), text.data(), text.size());
    escape(out.data());
  };
  const auto turns = turns_of(effort, {[&] { return cpu_ns_of([&] { escape(registry.snapshot().get()); }); },
                                       [&] { return cpu_ns_of([&] { (void)text_of(*snapshot); }); },
                                       [&] { return cpu_ns_of(copy); }});
  told(figure_of("snapshot of 10 k series", "ms", turns[0], kNanosecondsToMilliseconds));
  told(against(figure_of("text of 10 k series", "ms", turns[1], kNanosecondsToMilliseconds),
               "copy the same bytes", turns[2], kNanosecondsToMilliseconds));
}

}  // namespace kymo::KYMO_ABI::bench
