#include <kymo/watch/findings.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <span>

#include <kymo/base/amount_text.h>

namespace kymo::KYMO_ABI::watch {
namespace {

using base::amount_text;

/// Share of readings over a limit after the warm-up; NaN without readings.
struct Part {
  double share = std::nan("");
  double average = std::nan("");
  std::size_t readings = 0;
};

std::size_t warm_from(const Recording& recording) {
  const auto& times = recording.times();
  const double warm_up = warm_up_seconds(recording.duration());
  return static_cast<std::size_t>(std::ranges::lower_bound(times, warm_up) - times.begin());
}

template <class Test>
Part part_of(const Recording& recording, Metric metric, Test test) {
  const auto& values = recording.values(metric);
  Part part;
  std::size_t passed = 0;
  double sum = 0;
  for (std::size_t i = warm_from(recording); i < values.size(); ++i) {
    if (std::isnan(values[i])) continue;
    ++part.readings;
    sum += values[i];
    if (test(values[i])) ++passed;
  }
  if (part.readings == 0) return part;
  part.share = static_cast<double>(passed) / static_cast<double>(part.readings);
  part.average = sum / static_cast<double>(part.readings);
  return part;
}

std::string readings_text(const Part& part) { return std::to_string(part.readings) + " readings"; }

std::string growth_evidence(const Recording& recording, std::string_view title, std::string_view unit_name,
                            const Growth& growth) {
  const double per_hour = growth.line.slope * 3600;
  const double margin = (growth.line.slope_high - growth.line.slope) * 3600;
  const std::string unit(unit_name);
  return std::string(title) + " went from " + amount_text(growth.first, unit) + " to " +
         amount_text(growth.last, unit) + " in " + amount_text(growth.seconds, "seconds") + ": " +
         amount_text(per_hour, unit) + " an hour, \u00b1 " + amount_text(margin, unit) + " (95 %), r\u00b2 " +
         amount_text(growth.line.r_squared) + "; the minimum rose in " + std::to_string(growth.rises) +
         " of " + std::to_string(growth.steps) + " steps, after " +
         amount_text(warm_up_seconds(recording.duration()), "seconds") + " of warm-up";
}

double noise_of(Metric metric, double average, const FindingLimits& limits) {
  if (metric == Metric::files) return limits.more_files;
  if (metric == Metric::threads || metric == Metric::processes) return limits.more_threads;
  if (info_of(metric).unit == "bytes") return std::max(limits.leak_bytes, limits.leak_share * average);
  return 0;
}

std::optional<Growth> judge_after_warm_up(const Recording& recording, std::span<const double> values,
                                          double noise) {
  const std::size_t from = warm_from(recording);
  return judge_growth(std::span(recording.times()).subspan(from), values.subspan(from), noise);
}

class Search final {
 public:
  Search(const Recording& recording, const Surroundings& surroundings, const FindingLimits& limits)
      : recording_(recording), surroundings_(surroundings), limits_(limits) {}

  [[nodiscard]] std::vector<Finding> all() {
    leak();
    growth(Issue::files, Metric::files, "the number of open files grows steadily; some are not closed");
    growth(Issue::threads, Metric::threads, "the number of threads grows steadily; some do not end");
    cpu();
    throttled();
    io();
    return std::move(findings_);
  }

 private:
  void leak() {
    const auto found = memory_growth_of(recording_, limits_);
    if (found && found->growth.is_steady)
      findings_.push_back({Issue::leak, "memory grows steadily, as with a leak",
                           growth_evidence(recording_, found->title, "bytes", found->growth)});
  }

  void growth(Issue issue, Metric metric, std::string_view text) {
    const auto found = growth_of(recording_, metric, limits_);
    if (found && found->is_steady)
      findings_.push_back({issue, std::string(text),
                           growth_evidence(recording_, info_of(metric).title, info_of(metric).unit, *found)});
  }

  void cpu() {
    const double cores = surroundings_.cores;
    const Part all =
        part_of(recording_, Metric::cpu, [&](double used) { return used >= limits_.all_saturation * cores; });
    const Part one = part_of(recording_, Metric::busiest_thread,
                             [&](double share) { return share >= limits_.saturation; });
    if (is_often(all)) {
      findings_.push_back({Issue::cpu, all_text(),
                           amount_text(all.average, "cores") + " of " + amount_text(cores, "cores") +
                               " on average after the warm-up, at least " +
                               amount_text(limits_.all_saturation, "ratio") + " of them in " +
                               amount_text(all.share, "ratio") + " of " + readings_text(all) + waiting()});
    } else if (is_often(one)) {
      findings_.push_back(
          {Issue::cpu, busy_thread_text(),
           "its busiest thread ran, or waited for a CPU, " + amount_text(one.average, "ratio") +
               " of the time, at least " + amount_text(limits_.saturation, "ratio") + " in " +
               amount_text(one.share, "ratio") + " of " + readings_text(one) + "; the process used " +
               amount_text(all.average, "cores") + " of " + amount_text(cores, "cores") + waiting()});
    }
  }

  /// The group's quota bounds the process, not the number of cores.
  [[nodiscard]] bool is_bound_by_group() const {
    return surroundings_.limit_cores && *surroundings_.limit_cores <= surroundings_.cores;
  }

  [[nodiscard]] std::string all_text() const {
    if (!is_bound_by_group()) return "the process uses all the CPU that it may use";
    return "the process uses all the CPU that its group's limit allows, " +
           amount_text(*surroundings_.limit_cores, "cores");
  }

  /// A thread that is throttled, or waits for a CPU, would profit from more.
  [[nodiscard]] std::string busy_thread_text() const {
    const bool is_throttled = recording_.totals(Metric::throttled).average >= limits_.throttled_share;
    if (surroundings_.limit_cores && is_throttled)
      return "one thread is always busy, and its group's limit of " +
             amount_text(*surroundings_.limit_cores, "cores") + " throttles it";
    if (is_throttled) return "one thread is always busy, and a group's CPU limit throttles the process";
    const double waits = part_of(recording_, Metric::busiest_wait, [](double) { return true; }).average;
    if (waits >= limits_.wait_share)
      return "one thread is always ready to run, but waits for a CPU " + amount_text(waits, "ratio") +
             " of the time: others use the cores";
    return "one thread is always busy; more cores would not help";
  }

  [[nodiscard]] bool is_often(const Part& part) const {
    return part.readings >= 4 && part.share >= limits_.saturated_share;
  }

  [[nodiscard]] std::string waiting() const {
    const double threads = recording_.totals(Metric::cpu_wait).average;
    return threads >= 0.1 ? "; " + amount_text(threads, "threads") + " waited for a CPU on average"
                          : std::string();
  }

  void throttled() {
    const Totals totals = recording_.totals(Metric::throttled);
    if (!(totals.average >= limits_.throttled_share)) return;
    findings_.push_back({Issue::throttled, "a group's CPU limit throttles the process",
                         "throttled " + amount_text(totals.average, "ratio") + " of the time, up to " +
                             amount_text(totals.most, "ratio") +
                             (surroundings_.limit_cores
                                  ? ", at a limit of " + amount_text(*surroundings_.limit_cores, "cores")
                                  : std::string())});
  }

  void io() {
    const Part part = part_of(recording_, Metric::io_wait, [](double waits) { return waits > 0; });
    if (part.readings < 4 || !(part.share >= limits_.io_share)) return;
    const auto rate = [&](Metric metric) {
      return amount_text(recording_.totals(metric).average, "bytes_per_second");
    };
    findings_.push_back({Issue::io, "the process waits for storage",
                         "a thread was in a sleep for storage in " + amount_text(part.share, "ratio") +
                             " of " + readings_text(part) + "; disk read " + rate(Metric::disk_read) +
                             ", written " + rate(Metric::disk_written) + ", " +
                             amount_text(recording_.totals(Metric::major_faults).average, "/s") +
                             " major page faults"});
  }

  const Recording& recording_;
  const Surroundings& surroundings_;
  const FindingLimits& limits_;
  std::vector<Finding> findings_;
};

}  // namespace

std::optional<Growth> growth_of(const Recording& recording, Metric metric, const FindingLimits& limits) {
  if (!info_of(metric).is_level) return std::nullopt;
  return judge_after_warm_up(recording, recording.values(metric),
                             noise_of(metric, recording.totals(metric).average, limits));
}

std::optional<MemoryGrowth> memory_growth_of(const Recording& recording, const FindingLimits& limits) {
  std::optional<MemoryGrowth> found;
  const auto judge = [&](std::string_view title, std::optional<Growth> growth) {
    const auto rank = [](const Growth& of) { return of.is_steady ? 2 : of.is_unclear ? 1 : 0; };
    if (growth && (!found || rank(*growth) > rank(found->growth))) found = MemoryGrowth{title, *growth};
  };
  judge(info_of(Metric::resident).title, growth_of(recording, Metric::resident, limits));
  judge("Anonymous memory", growth_of(recording, Metric::anonymous, limits));
  // Under pressure the kernel swaps a leak's pages out, and resident memory stays constant.
  if (recording.totals(Metric::swapped).most > 0) {
    const auto& anonymous = recording.values(Metric::anonymous);
    const auto& swapped = recording.values(Metric::swapped);
    std::vector<double> sums(anonymous.size());
    std::ranges::transform(anonymous, swapped, sums.begin(), std::plus<>());
    const double average =
        recording.totals(Metric::anonymous).average + recording.totals(Metric::swapped).average;
    judge("Anonymous memory with what is swapped out",
          judge_after_warm_up(recording, sums, noise_of(Metric::anonymous, average, limits)));
  }
  judge(info_of(Metric::proportional).title, growth_of(recording, Metric::proportional, limits));
  return found;
}

std::vector<Finding> find_issues(const Recording& recording, const Surroundings& surroundings,
                                 const FindingLimits& limits) {
  return Search(recording, surroundings, limits).all();
}

double seconds_to_judge(double rate_hz) noexcept {
  const double needed = static_cast<double>(kLeastPoints) / rate_hz;
  // The time after the warm-up must be this long: five sixths of the total, or all but a second.
  return std::ceil(std::max(needed + 1, needed * 6 / 5));
}

}  // namespace kymo::KYMO_ABI::watch
