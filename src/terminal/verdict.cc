#include <kymo/terminal/verdict.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "number_text.h"
#include "recent_figures.h"

namespace kymo::KYMO_ABI::terminal {
namespace {

constexpr double kNow = 1;
constexpr double kShort = 10;
constexpr double kMinute = 60;
constexpr double kLong = 300;
/// Below this many events a share is meaningless.
constexpr double kFewestEvents = 20;
constexpr std::size_t kLongestId = 40;
constexpr double kNever = std::numeric_limits<double>::infinity();

using Reasons = std::vector<Reason>;

struct Limits {
  double degraded;
  double unwell;
};

/// Adds a reason if a value is at or over a limit; NaN adds none.
void over(double value, Limits limits, const std::string& text, Reasons& reasons) {
  if (!(value >= limits.degraded)) return;
  reasons.push_back({value >= limits.unwell ? Level::unwell : Level::degraded, text});
}

std::string percent(double value) { return cut_ratio_text(value); }

void judge_errors(const RecentFigures& recent, const Roles& roles, Reasons& reasons) {
  const double done =
      roles.traffic != nullptr && roles.has_application ? recent.growth(*roles.traffic, kMinute) : 0;
  for (const Family* family : roles.errors) {
    const double failed = recent.growth(*family, kMinute);
    const double all = std::max(done, failed);
    if (!(failed > 0) || all < kFewestEvents) continue;
    over(failed / all, {0.01, 0.05},
         family->name + ": " + percent(failed / all) + " failed in the last " + recent.last_of(kMinute) +
             " (" + amount_text(failed) + ")",
         reasons);
  }
}

/// The received count beside a lost one: `udp_packet_received` for `udp_packet_dropped`.
double received_beside(const RecentFigures& recent, const Roles& roles, const Family& lost) {
  const std::string beside = lost.plain_name.substr(0, lost.plain_name.rfind('_')) + "_received";
  const double received = recent.growth(beside, kMinute);
  if (!std::isnan(received)) return received;
  return roles.traffic == nullptr ? 0 : recent.growth(*roles.traffic, kMinute);
}

void judge_losses(const RecentFigures& recent, const Roles& roles, Reasons& reasons) {
  for (const Family* family : roles.drops) {
    const double lost = recent.growth(*family, kMinute);
    if (!(lost > 0)) continue;
    const double share = lost / std::max(lost + received_beside(recent, roles, *family), 1.0);
    over(share, {0.001, 0.02},
         family->name + ": " + amount_text(lost) + " lost in the last " + recent.last_of(kMinute) + ", " +
             percent(share),
         reasons);
  }
}

void judge_queues(const RecentFigures& recent, const Roles& /*roles*/, Reasons& reasons) {
  const auto is_fill = [](std::string_view name) {
    return ends_with_word(name, {"fill", "fill_ratio", "queue_fill", "utilization"});
  };
  for (const Family* family : recent.named(is_fill)) {
    const auto fullest = recent.largest(family, kShort);
    if (fullest.series == nullptr) continue;
    const std::string& where = fullest.series->label_text;
    over(fullest.value, {0.8, 0.95},
         family->name + (where.empty() ? "" : " (" + where + ")") + ": the queue is " +
             percent(fullest.value) + " full",
         reasons);
  }
}

void judge_cpu(const RecentFigures& recent, const Roles& /*roles*/, Reasons& reasons) {
  const double limit = recent.mean("kymo_system_cpu_limit_cores", kShort);
  const double group = recent.mean("kymo_cgroup_cpu_ratio", kShort);
  const double own = recent.mean("kymo_process_cpu_ratio", kShort);
  const double quota = recent.mean("kymo_cgroup_cpu_limit_cores", kShort);
  const std::string cores = std::isnan(limit) ? ""
                                              : " of " + amount_text(limit, "cores") + " that " +
                                                    (quota <= limit ? "its cgroup" : "it") + " may use";
  if (!std::isnan(group)) {
    over(group, {0.85, 0.97},
         "CPU is at " + percent(group) + cores +
             (std::isnan(own) ? "" : "; this process uses " + amount_text(own, "cores")),
         reasons);
  } else if (limit > 0) {
    over(own / limit, {0.85, 0.97}, "this process uses " + percent(own / limit) + cores, reasons);
  }
}

void judge_throttling(const RecentFigures& recent, const Roles& /*roles*/, Reasons& reasons) {
  const double periods = recent.growth("kymo_cgroup_cpu_periods", kMinute);
  const double throttled = recent.growth("kymo_cgroup_cpu_throttled_periods", kMinute);
  if (!(periods > 0)) return;
  over(throttled / periods, {0.05, 0.25},
       "throttled by its CPU quota in " + percent(throttled / periods) + " of the periods of the last " +
           recent.last_of(kMinute),
       reasons);
}

void judge_memory(const RecentFigures& recent, const Roles& /*roles*/, Reasons& reasons) {
  const double limit = recent.mean("kymo_system_memory_limit_bytes", kShort);
  const double resident = recent.mean("process_resident_memory_bytes", kShort);
  if (limit > 0) {
    over(resident / limit, {0.8, 0.92},
         "memory is at " + percent(resident / limit) + " of its limit of " + amount_text(limit, "bytes"),
         reasons);
  }
  const double host = recent.mean("kymo_system_memory_used_ratio", kShort);
  over(host, {0.9, 0.97}, "the host's memory is " + percent(host) + " used", reasons);
  over(recent.growth("kymo_cgroup_memory_events", kLong), {1, 1000},
       "the cgroup ran into its memory limit within the last " + recent.last_of(kLong), reasons);
}

void judge_pressure(const RecentFigures& recent, const Roles& /*roles*/, Reasons& reasons) {
  struct Resource {
    std::string name;
    std::string kind;
    Limits limits;
    std::string_view text;
  };
  static const std::array<Resource, 3> kResources = {
      {{"cpu", "some", {0.4, 0.8}, "some task waited for a CPU"},
       {"memory", "full", {0.05, 0.2}, "all tasks waited for memory"},
       {"io", "full", {0.2, 0.5}, "all tasks waited for the disk"}}};
  for (const Resource& one : kResources) {
    const double value =
        recent.mean("kymo_system_pressure_ratio", kShort, {{"resource", one.name}, {"kind", one.kind}});
    over(value, one.limits, std::string(one.text) + " in " + percent(value) + " of the time", reasons);
  }
}

void judge_files(const RecentFigures& recent, const Roles& /*roles*/, Reasons& reasons) {
  const double open = recent.mean("process_open_fds", kShort);
  const double most = recent.mean("process_max_fds", kShort);
  if (most > 0)
    over(open / most, {0.8, 0.95}, percent(open / most) + " of the file descriptors are open", reasons);
  const auto disk = recent.largest(recent.find("kymo_system_filesystem_used_ratio"), kShort);
  if (disk.series == nullptr) return;
  const std::string* mount = disk.series->label("mountpoint");
  over(disk.value, {0.9, 0.98},
       "the file system " + (mount == nullptr ? std::string() : *mount) + " is " + percent(disk.value) +
           " full",
       reasons);
}

/// A hanging callback makes the figures incomplete, and its cause may delay the server too.
void judge_callbacks(const RecentFigures& recent, const Roles& /*roles*/, Reasons& reasons) {
  const auto longest = recent.largest(recent.find("kymo_callback_hanging_seconds"), kNow);
  if (longest.series == nullptr) return;
  const std::string* name = longest.series->label("callback");
  const double others = recent.mean("kymo_callbacks_hanging", kNow) - 1;
  over(longest.value, {0, kNever},
       "callback " + (name == nullptr ? std::string() : *name) + " has not returned for " +
           duration_text(longest.value) + (others >= 1 ? ", and " + amount_text(others) + " more hang" : ""),
       reasons);
}

/// Losses of kymo itself never make a server unwell, but its figures may be incomplete.
void judge_own_losses(const RecentFigures& recent, const Roles& /*roles*/, Reasons& reasons) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kLosses = {
      {{"kymo_series_overflowed", "look-ups of series over the limit"},
       {"kymo_ticks_missed", "ticks missed"},
       {"kymo_ticks_failed", "ticks failed"},
       {"kymo_recordings_refused", "values refused"},
       {"kymo_producer_errors", "producers or callbacks failed"},
       {"kymo_callbacks_late", "late callbacks left out"},
       {"kymo_log_records_lost", "log records lost"},
       {"kymo_registration_errors", "registrations refused"},
       {"kymo_http_handler_errors", "responses of the metrics server failed"}}};
  for (const auto& [name, text] : kLosses) {
    const double lost = recent.growth(name, kLong);
    over(lost, {1, kNever},
         "kymo: " + amount_text(lost) + " " + std::string(text) + " within the last " + recent.last_of(kLong),
         reasons);
  }
}

/// Unwell sessions make a server degraded, not unwell: one client's trouble is not the server's.
void judge_sessions(const Sessions& sessions, Reasons& reasons) {
  const SessionRow* worst = nullptr;
  std::size_t ailing = 0;
  for (const SessionRow& row : sessions.rows) {
    if (row.level == Level::well) continue;
    ++ailing;
    if (worst == nullptr || row.level > worst->level) worst = &row;
  }
  if (worst == nullptr) return;
  std::string why;
  for (const std::string& reason : worst->reasons) why += (why.empty() ? "" : ", ") + reason;
  // The state of unlisted sessions is unknown.
  const std::string least = static_cast<double>(sessions.rows.size()) < sessions.count ? "at least " : "";
  reasons.push_back({Level::degraded, least + std::to_string(ailing) + " of " + amount_text(sessions.count) +
                                          (sessions.count == 1 ? " session" : " sessions") + " not well; " +
                                          worst->id.substr(0, kLongestId) + ": " + why});
}

}  // namespace

Verdict judge(const World& world, const Roles& roles, const Sessions* sessions) {
  static constexpr std::array kRules = {judge_errors,     judge_losses,    judge_queues,   judge_cpu,
                                        judge_throttling, judge_memory,    judge_pressure, judge_files,
                                        judge_callbacks,  judge_own_losses};
  Verdict verdict;
  const RecentFigures recent(world);
  for (const auto rule : kRules) rule(recent, roles, verdict.reasons);
  if (sessions != nullptr) judge_sessions(*sessions, verdict.reasons);
  std::stable_sort(verdict.reasons.begin(), verdict.reasons.end(),
                   [](const Reason& a, const Reason& b) { return a.level > b.level; });
  if (!verdict.reasons.empty()) verdict.level = verdict.reasons.front().level;
  verdict.title = "This server is " + std::string(level_name(verdict.level));
  return verdict;
}

}  // namespace kymo::KYMO_ABI::terminal
