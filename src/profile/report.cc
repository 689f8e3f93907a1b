#include <kymo/profile/report.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include <kymo/core/stopwatch.h>

#include "log_reader.h"
#include "profiler.h"
#include "site_table.h"

namespace kymo::KYMO_ABI::profile {
namespace {

using std::chrono::nanoseconds;

nanoseconds to_nanoseconds(std::uint64_t count) noexcept {
  return nanoseconds(static_cast<std::int64_t>(count));
}

/// Sums up a function's paths.
class FunctionSum final {
 public:
  void add(const ReadNode& node) noexcept {
    min_ = calls_ == 0 ? node.min : std::min(min_, node.min);
    max_ = std::max(max_, node.max);
    calls_ += node.calls;
    errors_ += node.errors;
    self_ += node.self;
    all_ += node.sum;
  }
  void add_total(std::uint64_t ns) noexcept { total_ += ns; }
  [[nodiscard]] BucketCounts& counts() noexcept { return *counts_; }
  [[nodiscard]] bool empty() const noexcept { return calls_ == 0; }
  [[nodiscard]] FunctionFigures figures(std::string name) const;

 private:
  [[nodiscard]] nanoseconds quantile(double share) const noexcept;

  std::uint64_t calls_ = 0;
  std::uint64_t errors_ = 0;
  std::uint64_t total_ = 0;
  std::uint64_t all_ = 0;  ///< also of nested calls
  std::uint64_t self_ = 0;
  std::uint64_t min_ = 0;
  std::uint64_t max_ = 0;
  std::unique_ptr<BucketCounts> counts_ = std::make_unique<BucketCounts>();
};

nanoseconds FunctionSum::quantile(double share) const noexcept {
  std::uint64_t count = 0;
  for (const std::uint64_t in_bucket : *counts_) count += in_bucket;
  const double rank = share * static_cast<double>(count);
  std::uint64_t below = 0;
  for (std::uint32_t i = 0; i < counts_->size(); ++i) {
    below += (*counts_)[i];
    if ((*counts_)[i] == 0 || static_cast<double>(below) < rank) continue;
    return to_nanoseconds(std::clamp(buckets::middle(i), min_, std::max(min_, max_)));
  }
  return to_nanoseconds(max_);
}

FunctionFigures FunctionSum::figures(std::string name) const {
  return {.name = std::move(name),
          .calls = calls_,
          .errors = errors_,
          .total = to_nanoseconds(total_),
          .self = to_nanoseconds(self_),
          .average = to_nanoseconds(all_ / calls_),
          .min = to_nanoseconds(min_),
          .max = to_nanoseconds(max_),
          .p50 = quantile(0.5),
          .p95 = quantile(0.95),
          .p99 = quantile(0.99)};
}

using FunctionSums = std::map<std::uint32_t, FunctionSum>;

void add_functions(const ThreadLog& log, const std::vector<ReadNode>& nodes, FunctionSums& sums) {
  std::set<std::uint32_t> sites;
  for (NodeIndex i = kOtherPaths; i < nodes.size(); ++i) {
    if (nodes[i].calls == 0) continue;
    FunctionSum& sum = sums[nodes[i].site];
    sum.add(nodes[i]);
    add_buckets(log, i, sum.counts());
    if (sites.insert(nodes[i].site).second) sum.add_total(log.site_totals[nodes[i].site].load(kRelaxed));
  }
}

/// The paths with calls, and their callers while these are open.
std::vector<PathFigures> paths_of(const std::vector<ReadNode>& nodes) {
  std::vector<bool> leads(nodes.size());
  std::vector<std::uint64_t> totals(nodes.size());
  for (std::size_t i = nodes.size(); i-- > 1;) {
    if (nodes[i].calls != 0) leads[i] = true;
    if (leads[i]) leads[nodes[i].parent] = true;
    totals[i] += nodes[i].self;
    totals[nodes[i].parent] += totals[i];
  }
  std::vector<std::size_t> place(nodes.size(), PathFigures::kTop);
  std::vector<PathFigures> paths;
  for (std::size_t i = kOtherPaths; i < nodes.size(); ++i) {
    if (!leads[i]) continue;
    place[i] = paths.size();
    paths.push_back({.caller = place[nodes[i].parent],
                     .name = std::string(name_of_site(nodes[i].site)),
                     .calls = nodes[i].calls,
                     .errors = nodes[i].errors,
                     .total = to_nanoseconds(totals[i]),
                     .self = to_nanoseconds(nodes[i].self)});
  }
  return paths;
}

ThreadFigures figures_of(const ThreadLog& log, const std::vector<ReadNode>& nodes) {
  ThreadFigures thread{
      .id = log.thread_id.load(kRelaxed), .name = thread_name(log), .total = {}, .paths = paths_of(nodes)};
  // A thread's time is the sum of its scopes' self times, in any nesting.
  for (const PathFigures& path : thread.paths) thread.total += path.self;
  return thread;
}

/// The most time first; equal times by name. Not stable_sort(): clang warns about its buffer in g++'s
/// library.
template <class Figures>
void sort_by(std::vector<Figures>& figures, nanoseconds Figures::* time) {
  std::ranges::sort(figures, [time](const Figures& a, const Figures& b) {
    return a.*time != b.*time ? a.*time > b.*time : a.name < b.name;
  });
}

double clock_cost() noexcept {
  constexpr int kReadings = 64;
  const std::uint64_t scale = clock_scale();
  const std::uint64_t begin = read_clock(scale);
  std::uint64_t end = begin;
  for (int i = 0; i < kReadings; ++i) end = read_clock(scale);
  return static_cast<double>(nanoseconds_between(begin, end, scale)) / kReadings;
}

}  // namespace

Report report() {
  const std::lock_guard lock(the_profiler.readers);
  ticks::calibrate();
  Report report{.enabled = is_enabled(),
                .started = the_profiler.started,
                .duration = to_nanoseconds(the_profiler.duration()),
                .clock_ns = clock_cost(),
                .lost_scopes = the_profiler.lost.load(kRelaxed)};
  FunctionSums sums;
  for (const ThreadLog* log = the_profiler.logs.load(kAcquire); log != nullptr; log = log->next) {
    const std::vector<ReadNode> nodes = read_nodes(*log);
    add_functions(*log, nodes, sums);
    ThreadFigures thread = figures_of(*log, nodes);
    if (!thread.paths.empty()) report.threads.push_back(std::move(thread));
    report.dropped_events += dropped_events(*log);
  }
  for (const auto& [site, sum] : sums) {
    report.functions.push_back(sum.figures(std::string(name_of_site(site))));
  }
  sort_by(report.functions, &FunctionFigures::total);
  sort_by(report.threads, &ThreadFigures::total);
  return report;
}

std::vector<FunctionFigures> hotspots_by_self(const Report& report, std::size_t count) {
  std::vector<FunctionFigures> functions = report.functions;
  sort_by(functions, &FunctionFigures::self);
  functions.resize(std::min(count, functions.size()));
  return functions;
}

std::vector<std::string> slow_functions(const Report& report, std::chrono::nanoseconds threshold) {
  std::vector<FunctionFigures> functions = report.functions;
  std::erase_if(functions, [&](const FunctionFigures& function) { return function.average <= threshold; });
  sort_by(functions, &FunctionFigures::average);
  std::vector<std::string> names;
  for (FunctionFigures& function : functions) names.push_back(std::move(function.name));
  return names;
}

}  // namespace kymo::KYMO_ABI::profile
