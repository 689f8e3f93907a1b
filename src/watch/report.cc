#include <kymo/watch/report.h>

#include <string.h>

#include <algorithm>
#include <array>
#include <cmath>

#include <kymo/base/amount_text.h>

namespace kymo::KYMO_ABI::watch {
namespace {

using base::amount_text;

constexpr std::size_t kTitleWidth = 22;
constexpr std::size_t kColumnWidth = 14;

/// Width of a text; all our characters are one column wide.
std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string left(std::string_view text, std::size_t width) {
  const std::size_t used = columns_of(text);
  return std::string(text).append(width > used ? width - used : 0, ' ');
}

std::string right(std::string_view text, std::size_t width) {
  const std::size_t used = columns_of(text);
  return std::string(width > used ? width - used : 0, ' ').append(text);
}

std::string growth_text(const Watch& watch, const MetricInfo& info) {
  if (!info.is_level) return {};
  const auto growth = growth_of(watch.recording, info.metric);
  if (!growth) return "too short";
  const double per_hour = growth->line.slope * 3600;
  const double margin = (growth->line.slope_high - growth->line.slope) * 3600;
  const std::string unit(info.unit);
  if (per_hour == 0 && margin == 0) return "none";
  if (growth->line.slope_low <= 0 && growth->line.slope_high >= 0)
    return "none visible (\u00b1 " + amount_text(margin, unit) + ")";
  return (per_hour > 0 ? "+" : "") + amount_text(per_hour, unit) + " \u00b1 " + amount_text(margin, unit) +
         ", r\u00b2 " + amount_text(growth->line.r_squared);
}

void add_table(const Watch& watch, std::string& out) {
  out += left("", kTitleWidth);
  for (const char* head : {"average", "least", "most", "last"}) out += right(head, kColumnWidth);
  out += "\n";
  std::string unknown;
  for (const MetricInfo& info : metrics()) {
    const Totals totals = watch.recording.totals(info.metric);
    if (totals.readings == 0) {
      // The first reading has no rates.
      if (watch.recording.readings() < 2 && !info.is_level) continue;
      unknown.append(unknown.empty() ? "" : ", ").append(info.title);
      continue;
    }
    if (info.metric == Metric::processes && !watch.is_tree) continue;
    std::string line = left(info.title, kTitleWidth);
    for (const double value : {totals.average, totals.least, totals.most, totals.last})
      line += " " + right(amount_text(value, info.unit), kColumnWidth - 1);
    out.append(line).append("\n");
  }
  if (!unknown.empty())
    out += "Unknown on this system (the kernel lacks or denies these figures): " + unknown + "\n";
}

/// Below the table, so that both fit a terminal of 80 columns.
void add_growth(const Watch& watch, std::string& out) {
  if (watch.recording.duration() < seconds_to_judge(watch.rate_hz)) return;
  out += "\nGrowth an hour (95 %)\n";
  for (const MetricInfo& info : metrics()) {
    if (info.metric == Metric::processes && !watch.is_tree) continue;
    if (watch.recording.totals(info.metric).readings == 0) continue;
    const std::string growth = growth_text(watch, info);
    if (!growth.empty()) out.append(left(info.title, kTitleWidth)).append(growth).append("\n");
  }
  out += "\n";
}

void add_usage(const Usage& usage, std::string& out) {
  out +=
      "In all: " + amount_text(usage.user_seconds + usage.system_seconds, "seconds") + " of CPU time (" +
      amount_text(usage.user_seconds, "seconds") + " user, " + amount_text(usage.system_seconds, "seconds") +
      " system), at most " + amount_text(static_cast<double>(usage.peak_resident_bytes), "bytes") +
      " resident, " + std::to_string(usage.voluntary_switches) + " voluntary and " +
      std::to_string(usage.involuntary_switches) + " forced switches, " + std::to_string(usage.minor_faults) +
      " minor and " + std::to_string(usage.major_faults) + " major page faults.\n";
}

void add_findings(const Watch& watch, std::string& out) {
  if (watch.findings.empty()) {
    out += "No issue found";
    if (watch.recording.duration() < seconds_to_judge(watch.rate_hz))
      out += "; growth needs " + amount_text(seconds_to_judge(watch.rate_hz), "seconds") +
             " at this rate to be judged";
    out += ".\n";
  }
  for (const Finding& finding : watch.findings)
    out += "ISSUE " + std::string(name_of(finding.issue)) + ": " + finding.text + "\n      " +
           finding.evidence + "\n";
  for (const std::string& line : watch.outcome.not_judged) out += "NOT JUDGED " + line + "\n";
  for (const std::string& line : watch.outcome.met) out += "FAILED " + line + "\n";
}

}  // namespace

std::string end_text(const Watch& watch) {
  switch (watch.end.how) {
    case End::How::exited: return "it ended with exit code " + std::to_string(watch.end.number);
    case End::How::signalled: {
      const char* const name = ::sigabbrev_np(watch.end.number);
      return "signal " + std::to_string(watch.end.number) +
             (name == nullptr ? "" : " (SIG" + std::string(name) + ")") + " ended it";
    }
    case End::How::gone: return "it ended; its exit code is known to its parent only";
    case End::How::zombie:
      return "it ended and is a zombie: its parent, process " + std::to_string(watch.end.number) +
             ", has not waited for it";
    case End::How::duration:
      return watch.is_command ? "the time was over and it was ended" : "the time was over; it goes on";
    case End::How::interrupted:
      return watch.is_command ? "interrupted, and it was ended" : "interrupted; it goes on";
  }
  return {};
}

std::string text_report(const Watch& watch) {
  std::string out = watch.what + " (pid " + std::to_string(watch.pid) +
                    (watch.is_tree ? ", with all below it" : "") +
                    "): " + amount_text(watch.recording.duration(), "seconds") + " watched, " +
                    std::to_string(watch.recording.readings()) +
                    (watch.recording.readings() == 1 ? " reading at " : " readings at ") +
                    amount_text(watch.rate_hz) + " Hz; " + end_text(watch) + "\n";
  out += "It may use " + amount_text(watch.surroundings.cores, "cores") +
         (watch.surroundings.limit_cores && *watch.surroundings.limit_cores <= watch.surroundings.cores
              ? " (its group's limit)"
              : "") +
         ".\n\n";
  if (watch.surroundings.zombies > 0)
    out += std::to_string(watch.surroundings.zombies) +
           (watch.surroundings.zombies == 1
                ? " process below it is a zombie: it has ended, and its parent has"
                : " processes below it are zombies: they have ended, and their parents have") +
           " not waited for it.\n\n";
  if (watch.surroundings.threads_not_looked_at > 0)
    out +=
        std::to_string(watch.surroundings.threads_not_looked_at) +
        " threads were too many to look at each; switches are not known, and the busiest may be another.\n\n";
  if (watch.recording.readings() > 0) {
    add_table(watch, out);
    add_growth(watch, out);
  }
  if (watch.usage) add_usage(*watch.usage, out);
  out += "\n";
  add_findings(watch, out);
  return out;
}

namespace {

struct Column {
  Metric metric;
  std::string_view head;
  std::size_t width;
};
constexpr std::array<Column, 10> kProgress = {{{Metric::cpu, "cpu", 12},
                                               {Metric::resident, "rss", 10},
                                               {Metric::proportional, "pss", 10},
                                               {Metric::threads, "threads", 8},
                                               {Metric::files, "fds", 7},
                                               {Metric::read, "read", 12},
                                               {Metric::written, "written", 12},
                                               {Metric::voluntary_switches, "switches", 10},
                                               {Metric::involuntary_switches, "forced", 10},
                                               {Metric::throttled, "throttled", 10}}};

}  // namespace

std::string progress_head() {
  std::string line = right("time", 9);
  for (const Column& column : kProgress) line += right(column.head, column.width);
  return line + "\n";
}

std::string progress_line(const Sample& sample) {
  std::string line = right(amount_text(sample.at, "seconds"), 9);
  for (const Column& column : kProgress)
    line +=
        right(amount_text(sample.values[index_of(column.metric)], info_of(column.metric).unit), column.width);
  return line + "\n";
}

}  // namespace kymo::KYMO_ABI::watch
