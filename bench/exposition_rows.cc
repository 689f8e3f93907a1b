// Writing many series as text, into memory that is kept from one scrape to the next, as the server does. The
// limit: copying what was rendered before and writing only the numbers anew, into kept memory too.
#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <barrier>
#include <charconv>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <kymo/base/block_text.h>
#include <kymo/core/registry.h>
#include <kymo/format/text_writers.h>

#include "labelled_series.h"
#include "latencies.h"
#include "report.h"

namespace kymo::KYMO_ABI::bench {
namespace {

constexpr std::size_t kKeptBytes = std::size_t{256} << 20U;

/// Texts in memory that is kept.
class Renderer {
 public:
  void render(const Snapshot& snapshot) const {
    base::BlockText text(pool_);
    write(snapshot, text);
  }
  [[nodiscard]] std::string text_of(const Snapshot& snapshot) const {
    base::BlockText text(pool_);
    write(snapshot, text);
    return text.text();
  }

 private:
  static void write(const Snapshot& snapshot, base::BlockText& text) {
    format::write_prometheus_text(snapshot, text);
    escape(text.pieces().front().data());
  }

  std::shared_ptr<base::BlockPool> pool_ = std::make_shared<base::BlockPool>(kKeptBytes);
};

std::string serialize(const prometheus::Registry& registry) {
  return prometheus::TextSerializer().Serialize(registry.Collect());
}

/// A text cut before and behind each number.
class Prerendered {
 public:
  explicit Prerendered(const std::string& text) : text_(text) {
    std::size_t begin = 0;
    for (std::size_t end = text_.find('\n'); end != std::string::npos; end = text_.find('\n', begin)) {
      const std::size_t blank = text_.rfind(' ', end);
      const std::string_view number(text_.data() + blank + 1, end - blank - 1);
      if (text_[begin] != '#') cuts_.push_back({blank + 1, end, whole(number)});
      begin = end + 1;
    }
    out_.resize(text_.size() + cuts_.size() * kDigits);
  }

  void write() {
    char* to = out_.data();
    std::size_t from = 0;
    for (const Cut& cut : cuts_) {
      std::memcpy(to, text_.data() + from, cut.begin - from);
      to = std::to_chars(to + (cut.begin - from), out_.data() + out_.size(), cut.number).ptr;
      from = cut.end;
    }
    std::memcpy(to, text_.data() + from, text_.size() - from);
    escape(out_.data());
  }

  void copy() {
    std::memcpy(out_.data(), text_.data(), text_.size());
    escape(out_.data());
  }

 private:
  static constexpr std::size_t kDigits = 20;
  struct Cut {
    std::size_t begin;
    std::size_t end;
    std::uint64_t number;
  };
  static std::uint64_t whole(std::string_view number) {
    std::uint64_t value = 0;
    std::from_chars(number.data(), number.data() + number.size(), value);
    return value;
  }

  std::string text_;
  std::vector<Cut> cuts_;
  std::string out_;
};

void compare(const Report& report, const std::string& what, Registry& registry,
             const prometheus::Registry& peer) {
  const auto snapshot = registry.snapshot();
  const Renderer renderer;
  Prerendered before(renderer.text_of(*snapshot));
  const auto ms = [](auto work) { return cpu_ns_of(work) / 1e6; };
  const auto taken =
      medians(report.effort(),
              {[&] { return ms([&] { renderer.render(*snapshot); }); },
               [&] { return ms([&] { before.write(); }); }, [&] { return ms([&] { serialize(peer); }); },
               [&] { return ms([&] { renderer.render(*registry.snapshot()); }); },
               [&] { return ms([&] { before.copy(); }); }});
  report.add(
      Row{.work = what + ": render", .unit = "ms", .kymo = taken[0], .limit = taken[1], .peer = taken[2]}
          .at_most_peer_over(20));
  report.add(Row{.work = what + ": snapshot and render",
                 .unit = "ms",
                 .kymo = taken[3],
                 .limit = taken[1],
                 .peer = taken[2]}
                 .at_most_peer_over(20));
  report.add({.work = what + ": memcpy of the same bytes", .unit = "ms", .limit = taken[4]});
}

void compare_counters(const Report& report, std::size_t count, const std::string& what) {
  Registry registry(roomy());
  const auto family =
      registry.family<Counter, "method", "code", "session">("http.server.requests", "Requests answered.");
  prometheus::Registry peer;
  auto& peer_family =
      prometheus::BuildCounter().Name("http_server_requests_total").Help("Requests answered.").Register(peer);
  for (std::size_t i = 0; i < count; ++i) {
    const SeriesLabels labels(i);
    series(family, labels).add(i * 7919 % 10'000'000);
    peer_family.Add(labels.for_peer()).Increment(static_cast<double>(i * 7919 % 10'000'000));
  }
  compare(report, what, registry, peer);
}

/// Threads that all live at the same time, as workers do: one that ends hands its memory to the next.
template <class Work>
void on_threads(std::ptrdiff_t threads, Work work) {
  std::barrier all_are_done(threads);
  std::vector<std::jthread> workers;
  for (std::ptrdiff_t t = 0; t < threads; ++t) {
    workers.emplace_back([&] {
      work();
      all_are_done.arrive_and_wait();
    });
  }
}

// A histogram that many threads record into is that many to read; prometheus-cpp's is one, which they share.
void histograms_of_many_threads_row(const Report& report, std::size_t count) {
  Registry registry(roomy());
  const auto family = registry.family<Histogram, "method", "code", "session">(
      "http.server.latency", "Time to answer.", {.unit = "seconds", .text_bounds = eleven_bounds()});
  const std::vector<double> values = latencies(100);
  on_threads(8, [&] {
    for (std::size_t i = 0; i < count; ++i) {
      Histogram histogram = series(family, SeriesLabels(i));
      for (const double value : values) histogram.record(value);
    }
  });
  const Renderer renderer;
  const auto taken = medians(
      report.effort(), {[&] { return cpu_ns_of([&] { renderer.render(*registry.snapshot()); }) / 1e6; }});
  report.add(
      {.work = "text of 10 k histograms of 8 threads: snapshot and render", .unit = "ms", .kymo = taken[0]});
}

void compare_histograms(const Report& report, std::size_t count, const std::string& what) {
  Registry registry(roomy());
  const auto family = registry.family<Histogram, "method", "code", "session">(
      "http.server.latency", "Time to answer.", {.unit = "seconds", .text_bounds = eleven_bounds()});
  prometheus::Registry peer;
  auto& peer_family =
      prometheus::BuildHistogram().Name("http_server_latency_seconds").Help("Time to answer.").Register(peer);
  const std::vector<double> values = latencies(100);
  for (std::size_t i = 0; i < count; ++i) {
    const SeriesLabels labels(i);
    Histogram histogram = series(family, labels);
    auto& theirs = peer_family.Add(labels.for_peer(), eleven_bounds());
    for (const double value : values) histogram.record(value), theirs.Observe(value);
  }
  compare(report, what, registry, peer);
}

}  // namespace

void exposition_rows(Report& report) {
  compare_counters(report, report.effort().of(100'000), "text of 100 k counters");
  compare_counters(report, report.effort().of(1'000'000), "text of 1 M counters");
  compare_histograms(report, report.effort().of(10'000, 20), "text of 10 k histograms");
  histograms_of_many_threads_row(report, report.effort().of(10'000, 20));
}

}  // namespace kymo::KYMO_ABI::bench
