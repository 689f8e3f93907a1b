#include <kymo/watch/conditions.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <stdexcept>

#include <kymo/base/amount_text.h>
#include <kymo/base/ascii.h>
#include <kymo/core/names.h>

namespace kymo::KYMO_ABI::watch {
namespace {

struct Unit {
  std::string_view name;
  double factor;
};
constexpr double kKibi = 1024;
constexpr std::array<Unit, 12> kUnits = {{{"", 1},
                                          {"B", 1},
                                          {"k", 1e3},
                                          {"kB", 1e3},
                                          {"KB", 1e3},
                                          {"MB", 1e6},
                                          {"GB", 1e9},
                                          {"KiB", kKibi},
                                          {"MiB", kKibi* kKibi},
                                          {"GiB", kKibi* kKibi* kKibi},
                                          {"TB", 1e12},
                                          {"%", 0.01}}};
constexpr std::array<std::string_view, 5> kStatistics = {"max", "min", "avg", "last", "growth"};

[[noreturn]] void refuse(std::string_view part, const std::string& why) {
  throw std::invalid_argument("\"" + std::string(part.substr(0, 64)) + "\" " + why);
}

double limit_of(std::string_view part, std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit = base::trim(text.substr(static_cast<std::size_t>(end - text.data())));
  const auto* const found = std::ranges::find(kUnits, unit, &Unit::name);
  if (error != std::errc() || !std::isfinite(number) || found == kUnits.end())
    refuse(part, "has no number with a unit behind its sign; expected one such as 500MB, 1.5GiB, 80% or 200");
  return number * found->factor;
}

std::vector<std::string> known_names() {
  std::vector<std::string> names = {"any"};
  names.insert(names.end(), kIssueNames.begin(), kIssueNames.end());
  for (const MetricInfo& info : metrics()) names.emplace_back(info.name);
  return names;
}

/// The first memory figure that is known, if any.
Metric known_memory(const Recording& recording) {
  for (const Metric metric : {Metric::resident, Metric::anonymous, Metric::proportional}) {
    if (recording.totals(metric).readings > 0) return metric;
  }
  return Metric::resident;
}

std::string meant_by(std::string_view name) {
  const std::string meant =
      name.size() <= 64 ? nearest_name(std::string(name), known_names()) : std::string();
  return meant.empty() ? "" : "; did you mean " + meant + "?";
}

}  // namespace

void Conditions::add(std::string_view text) {
  while (true) {
    const std::size_t comma = text.find(',');
    const std::string_view part = base::trim(text.substr(0, comma));
    if (part.empty())
      refuse(text, "has an empty part; expected issues and limits between commas, such as leak,fd");
    parts_.push_back(parse(part));
    if (comma == std::string_view::npos) return;
    text.remove_prefix(comma + 1);
  }
}

Conditions::Part Conditions::parse(std::string_view text) {
  const std::size_t sign = text.find_first_of("<>");
  if (sign != std::string_view::npos) return parse_limit(text, sign);
  Part part;
  part.text = text;
  part.is_issue = true;
  part.is_any = text == "any";
  const auto* const found = std::ranges::find(kIssueNames, text);
  if (!part.is_any && found == kIssueNames.end()) {
    if (metric_named(text.substr(0, text.find('.'))))
      refuse(text, "has no limit; expected one such as 'rss>500MB', in quotes: a shell takes > for a file");
    std::string known = "any";
    for (const std::string_view name : kIssueNames) known.append(", ").append(name);
    refuse(text, "is no issue; expected " + known + ", or a limit such as rss>500MB" + meant_by(text));
  }
  if (!part.is_any) part.issue = static_cast<Issue>(found - kIssueNames.begin());
  return part;
}

Conditions::Part Conditions::parse_limit(std::string_view text, std::size_t sign) {
  Part part;
  part.text = text;
  part.is_above = text[sign] == '>';
  part.statistic = part.is_above ? Statistic::most : Statistic::least;
  part.limit = limit_of(text, base::trim(text.substr(sign + 1)));
  std::string_view name = base::trim(text.substr(0, sign));
  if (const std::size_t dot = name.find('.'); dot != std::string_view::npos) {
    const std::string_view statistic = name.substr(dot + 1);
    const auto* const found = std::ranges::find(kStatistics, statistic);
    if (found == kStatistics.end())
      refuse(text, "has no statistic behind its dot; expected max, min, avg, last or growth");
    part.statistic = static_cast<Statistic>(found - kStatistics.begin());
    name = name.substr(0, dot);
  }
  const auto metric = metric_named(name);
  if (!metric) {
    std::string known;
    for (const MetricInfo& info : metrics()) known.append(known.empty() ? "" : ", ").append(info.name);
    refuse(text, "is no metric; expected one of " + known + meant_by(name));
  }
  part.metric = *metric;
  if (part.statistic == Statistic::growth && !info_of(part.metric).is_level)
    refuse(text, "asks for the growth of a rate; only amounts such as rss, fds and threads grow");
  return part;
}

double Conditions::value_of(const Part& part, const Recording& recording) {
  const Totals totals = recording.totals(part.metric);
  switch (part.statistic) {
    case Statistic::most: return totals.most;
    case Statistic::least: return totals.least;
    case Statistic::average: return totals.average;
    case Statistic::last: return totals.last;
    case Statistic::growth: break;
  }
  const auto growth = growth_of(recording, part.metric);
  return growth ? growth->line.slope * 3600 : std::nan("");
}

Conditions::Outcome Conditions::judge(const Recording& recording,
                                      const std::vector<Finding>& findings) const {
  Outcome outcome;
  for (const Part& part : parts_) {
    if (part.is_issue) {
      judge_issue(part, recording, findings, outcome);
    } else {
      judge_limit(part, recording, outcome);
    }
  }
  return outcome;
}

void Conditions::judge_issue(const Part& part, const Recording& recording,
                             const std::vector<Finding>& findings, Outcome& outcome) {
  for (const Finding& finding : findings) {
    if (part.is_any || finding.issue == part.issue)
      outcome.met.push_back(std::string(name_of(finding.issue)) + ": " + finding.text);
  }
  // The missing metric is the one of this issue; others do not matter.
  const auto leave_open = [&](Issue issue, std::string_view why) {
    if (part.is_any || part.issue == issue)
      outcome.not_judged.push_back(std::string(name_of(issue)) + ": " + std::string(why));
  };
  const auto check = [&](Issue issue, Metric metric, bool is_judged) {
    if (recording.totals(metric).readings == 0) {
      leave_open(issue, "unknown on this system");
    } else if (!is_judged) {
      leave_open(issue, "watched too briefly to tell");
    }
  };
  const auto check_growth = [&](Issue issue, Metric metric, const std::optional<Growth>& growth) {
    check(issue, metric, growth.has_value());
    if (growth && growth->is_unclear) leave_open(issue, "grew late, or by little; watch longer to tell");
  };
  const auto memory = memory_growth_of(recording);
  check_growth(Issue::leak, known_memory(recording), memory ? std::optional(memory->growth) : std::nullopt);
  for (const auto& [issue, metric] :
       {std::pair(Issue::files, Metric::files), {Issue::threads, Metric::threads}})
    check_growth(issue, metric, growth_of(recording, metric));
  check(Issue::cpu, Metric::cpu, true);
  if (!part.is_any) check(Issue::throttled, Metric::throttled, true);
  check(Issue::io, Metric::io_wait, true);
}

void Conditions::judge_limit(const Part& part, const Recording& recording, Outcome& outcome) {
  const double value = value_of(part, recording);
  if (std::isnan(value)) {
    const bool is_known = recording.totals(part.metric).readings > 0;
    outcome.not_judged.push_back(part.text +
                                 (is_known ? ": watched too briefly to tell" : ": unknown on this system"));
  } else if (part.is_above ? value > part.limit : value < part.limit) {
    outcome.met.push_back(part.text + ": it was " + base::amount_text(value, info_of(part.metric).unit) +
                          (part.statistic == Statistic::growth ? " an hour" : ""));
  }
}

}  // namespace kymo::KYMO_ABI::watch
