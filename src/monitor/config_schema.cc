#include "config_schema.h"

#include <algorithm>
#include <array>
#include <limits>
#include <type_traits>

#include <kymo/base/ascii.h>
#include <kymo/log/file_sink.h>
#include <kymo/log/stderr_sink.h>

namespace kymo::KYMO_ABI::monitor {
namespace {

using enum SettingType;
using enum OnReload;
using net::HttpLimits;
using ProbeTargets = decltype(ProbeSettings::targets);

constexpr std::int64_t kSecond = 1000;
constexpr std::int64_t kHour = 3600 * kSecond;
constexpr std::int64_t kKiB = 1024;
constexpr std::int64_t kMiB = 1024 * kKiB;
constexpr ValueDomain kHttpTime{duration, 100, kHour};

// A value and a member of each type become each other. Numbers that a program sets may be larger than any
// value; then the domain refuses them.
SettingValue to_value(const ValueDomain&, bool member) { return member; }
SettingValue to_value(const ValueDomain&, std::size_t member) {
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  return static_cast<std::int64_t>(std::min(member, static_cast<std::size_t>(kMost)));
}
SettingValue to_value(const ValueDomain&, std::chrono::milliseconds member) { return member; }
SettingValue to_value(const ValueDomain&, const std::string& member) { return member; }
SettingValue to_value(const ValueDomain&, const std::vector<std::string>& member) { return member; }
template <typename Enum>
  requires std::is_enum_v<Enum>
SettingValue to_value(const ValueDomain& domain, Enum member) {
  return std::string(choice_at(domain, static_cast<std::size_t>(member)));
}
SettingValue to_value(const ValueDomain&, const ProbeTargets& member) {
  std::vector<std::string> items;
  for (const auto& [name, target] : member) items.push_back(std::string(name).append("=").append(target));
  return items;
}

template <typename T>
void from_value(const ValueDomain&, const SettingValue& value, T& member) {
  member = std::get<T>(value);
}
void from_value(const ValueDomain&, const SettingValue& value, std::size_t& member) {
  member = static_cast<std::size_t>(std::get<std::int64_t>(value));
}
template <typename Enum>
  requires std::is_enum_v<Enum>
void from_value(const ValueDomain& domain, const SettingValue& value, Enum& member) {
  member = static_cast<Enum>(choice_index(domain, std::get<std::string>(value)));
}
void from_value(const ValueDomain&, const SettingValue& value, ProbeTargets& member) {
  member.clear();
  for (const std::string& item : std::get<std::vector<std::string>>(value)) {
    const std::size_t equals = item.find('=');
    member.emplace_back(item.substr(0, equals), item.substr(equals + 1));
  }
}

template <typename Owner, typename T>
Owner owner_of(T Owner::* member);

/// The object that the first member pointer of a path belongs to.
template <typename Owner, typename Whole>
auto& part_of(Whole& settings) {
  if constexpr (std::is_same_v<Owner, MonitorOptions>) {
    return settings.monitor;
  } else if constexpr (std::is_same_v<Owner, ProbeSettings>) {
    return settings.probe;
  } else {
    return settings;
  }
}

template <auto First, auto... Rest, typename Whole>
auto& follow(Whole& settings) {
  return ((part_of<decltype(owner_of(First))>(settings).*First).*....*Rest);
}

/// The member at the end of a path of member pointers.
template <auto... Path>
constexpr Member to = {
    .get = [](const Settings& settings, const ValueDomain& domain) -> SettingValue {
      return to_value(domain, follow<Path...>(settings));
    },
    .set = [](Settings& settings, const ValueDomain& domain,
              const SettingValue& value) { from_value(domain, value, follow<Path...>(settings)); }};

constexpr auto kLimits = &MonitorOptions::limits;
constexpr auto kHistory = &MonitorOptions::history;
constexpr auto kQuery = &MonitorOptions::query;
constexpr auto kRules = &MonitorOptions::rules;
constexpr auto kLog = &MonitorOptions::log;
constexpr auto kHttp = &MonitorOptions::http;
constexpr auto kAccess = &MonitorOptions::access;
template <auto Limit>
constexpr Member http_limit = to<kHttp, &HttpOptions::limits, Limit>;

constexpr std::array kSchema = {
    Setting{"listen",
            {endpoint},
            to<&MonitorOptions::listen>,
            restart,
            "Address to serve at; port 0 takes any free port."},
    Setting{"insecure",
            {boolean},
            to<kAccess, &AccessOptions::insecure>,
            take,
            "Serve other machines without a token."},
    Setting{"tick_interval",
            {duration, 100, kHour},
            to<&MonitorOptions::tick_interval>,
            restart,
            "Time from one measurement of host and process to the next."},
    Setting{"profile",
            {boolean},
            to<&MonitorOptions::profile>,
            restart,
            "Profile from the start; the dashboard can turn it on later."},
    Setting{"log.level",
            {choice, 0, 0, "debug|info|warning|error|off"},
            to<kLog, &LogOptions::level>,
            restart,
            "Least severe event to log."},
    Setting{"log.format",
            {choice, 0, 0, "text|json"},
            to<kLog, &LogOptions::format>,
            restart,
            "Format of a log line."},
    Setting{"log.file",
            {file},
            to<kLog, &LogOptions::file>,
            restart,
            "File to log to, on a thread of its own; default: standard error."},
    Setting{"log.file_bytes",
            {size, 64 * kKiB, 1024 * kMiB},
            to<kLog, &LogOptions::file_bytes>,
            restart,
            "Size at which the log file rotates."},
    Setting{"log.files",
            {integer, 1, 1000},
            to<kLog, &LogOptions::files>,
            restart,
            "Log files to keep, the open one included."},
    Setting{"system.enabled",
            {boolean},
            to<&MonitorOptions::system>,
            restart,
            "Measure the host: CPU, memory, disks, network."},
    Setting{"process.enabled", {boolean}, to<&MonitorOptions::process>, restart, "Measure this process."},
    Setting{"history.memory",
            {size, 0, 64 * 1024 * kMiB},
            to<kHistory, &HistoryOptions::memory>,
            restart,
            "Memory for the past of all series; the oldest leaves first. 0 keeps no past."},
    Setting{"history.directory",
            {file},
            to<kHistory, &HistoryOptions::directory>,
            restart,
            "Directory that keeps the past over restarts, for one process at a time; empty: memory only."},
    Setting{"history.sync",
            {choice, 0, 0, "always|second|off"},
            to<kHistory, &HistoryOptions::sync>,
            restart,
            "When ticks reach the disk: each at once, within a second, or when the system likes."},
    Setting{"history.retention",
            {duration, 0, 10 * 8760 * kHour},
            to<kHistory, &HistoryOptions::retention>,
            restart,
            "Age at which the past leaves the directory; 0s: age removes nothing."},
    Setting{"history.size",
            {size, kMiB, 64 * 1024 * 1024 * kMiB},
            to<kHistory, &HistoryOptions::size>,
            restart,
            "Size of the directory's segments together; the oldest leave first."},
    Setting{"history.retention_10s",
            {duration, 0, 10 * 8760 * kHour},
            to<kHistory, &HistoryOptions::retention_10s>,
            restart,
            "Age at which windows of 10 s leave the directory; 0s: age removes nothing."},
    Setting{"history.size_10s",
            {size, 0, 64 * 1024 * 1024 * kMiB},
            to<kHistory, &HistoryOptions::size_10s>,
            restart,
            "Size of the directory's windows of 10 s together; the oldest leave first. 0 makes none."},
    Setting{"history.retention_5m",
            {duration, 0, 10 * 8760 * kHour},
            to<kHistory, &HistoryOptions::retention_5m>,
            restart,
            "Age at which windows of 5 min leave the directory; 0s: age removes nothing."},
    Setting{"history.size_5m",
            {size, 0, 64 * 1024 * 1024 * kMiB},
            to<kHistory, &HistoryOptions::size_5m>,
            restart,
            "Size of the directory's windows of 5 min together; the oldest leave first. 0 makes none."},
    Setting{"history.retention_1h",
            {duration, 0, 10 * 8760 * kHour},
            to<kHistory, &HistoryOptions::retention_1h>,
            restart,
            "Age at which windows of 1 h leave the directory; 0s: age removes nothing."},
    Setting{"history.size_1h",
            {size, 0, 64 * 1024 * 1024 * kMiB},
            to<kHistory, &HistoryOptions::size_1h>,
            restart,
            "Size of the directory's windows of 1 h together; the oldest leave first. 0 makes none."},
    Setting{"history.interval",
            {duration, kSecond, kHour},
            to<kHistory, &HistoryOptions::interval>,
            restart,
            "Time between two points of the host's history; each point is a mean over that time."},
    Setting{"query.threads",
            {integer, 1, 64},
            to<kQuery, &QueryOptions::threads>,
            restart,
            "Threads that evaluate PromQL queries."},
    Setting{"query.timeout",
            {duration, 100, kHour},
            to<kQuery, &QueryOptions::timeout>,
            restart,
            "Time for one query; http.answer_timeout bounds it too."},
    Setting{"query.memory",
            {size, kMiB, 64 * 1024 * kMiB},
            to<kQuery, &QueryOptions::memory>,
            restart,
            "Memory for the samples and results of one query; over it the query fails."},
    Setting{"query.max_samples",
            {integer, 1, 1'000'000'000'000},
            to<kQuery, &QueryOptions::max_samples>,
            restart,
            "Most samples that one query reads; over it the query fails."},
    Setting{"query.max_series",
            {integer, 1, 100'000'000},
            to<kQuery, &QueryOptions::max_series>,
            restart,
            "Most series that one selector finds; over it the query fails."},
    Setting{"rules.files",
            {path_list},
            to<kRules, &RuleOptions::files>,
            take,
            "Files of recording and alerting rules; patterns such as /etc/kymo/rules/*.yaml too."},
    Setting{"rules.interval",
            {duration, kSecond, 24 * kHour},
            to<kRules, &RuleOptions::interval>,
            restart,
            "Time between two evaluations of a group of rules that names none."},
    Setting{"limits.series_per_family",
            {integer, 1, 10'000'000},
            to<kLimits, &LimitOptions::series_per_family>,
            restart,
            "Most series of one metric; further series count into its overflow series."},
    Setting{"limits.series",
            {integer, 1, 100'000'000},
            to<kLimits, &LimitOptions::series>,
            restart,
            "Most series of all metrics together."},
    Setting{"limits.callback_deadline",
            {duration, 1, kHour},
            to<kLimits, &LimitOptions::callback_deadline>,
            restart,
            "Time that a Snapshot waits for one callback; a late one is left out and counted by name."},
    Setting{"web.allowed_hosts",
            {host_list},
            to<kAccess, &AccessOptions::allowed_hosts>,
            restart,
            "Extra Host names to accept; * accepts any. Addresses, localhost and this machine's name always "
            "work."},
    Setting{"web.trusted_proxies",
            {network_list},
            to<kAccess, &AccessOptions::trusted_proxies>,
            restart,
            "Proxies to trust: their X-Forwarded-For names the client. Addresses or networks."},
    Setting{"web.token_file",
            {file},
            to<&Settings::token_file>,
            take,
            "File with the token that requests must bring; default: no token."},
    Setting{"web.tls.certificate_file",
            {file},
            to<kAccess, &AccessOptions::tls, &TlsFiles::certificate>,
            replace,
            "File with the certificate chain in PEM, for https; needs web.tls.key_file."},
    Setting{"web.tls.key_file",
            {file},
            to<kAccess, &AccessOptions::tls, &TlsFiles::key>,
            replace,
            "File with the private key of the certificate in PEM, unencrypted."},
    Setting{"probe.responder",
            {optional_endpoint},
            to<&ProbeSettings::responder>,
            restart,
            "Address at which to answer UDP probes of other hosts; empty: none."},
    Setting{"probe.targets",
            {probe_list},
            to<&ProbeSettings::targets>,
            restart,
            "The targets to probe; each is shown as a peer under its name."},
    Setting{"probe.targets_file",
            {file},
            to<&ProbeSettings::targets_file>,
            restart,
            "File with more targets: NAME=TARGET or TARGET a line; # begins a comment."},
    Setting{"probe.interval",
            {duration, 10, kHour},
            to<&ProbeSettings::interval>,
            restart,
            "Time from one probe of a target to the next."},
    Setting{"probe.timeout",
            {duration, 10, 60 * kSecond},
            to<&ProbeSettings::timeout>,
            restart,
            "A probe without a reply after this time counts as lost."},
    Setting{"http.threads",
            {integer, 1, 64},
            to<kHttp, &HttpOptions::threads>,
            restart,
            "Threads that answer requests."},
    Setting{"http.max_connections",
            {integer, 1, 65'536},
            http_limit<&HttpLimits::connections>,
            restart,
            "Most open connections."},
    Setting{"http.max_connections_per_address",
            {integer, 1, 65'536},
            http_limit<&HttpLimits::connections_per_address>,
            restart,
            "Most open connections from one address."},
    Setting{"http.max_header_size",
            {size, kKiB, kMiB},
            http_limit<&HttpLimits::header_bytes>,
            restart,
            "Largest request head."},
    Setting{"http.max_body_size",
            {size, kKiB, 64 * kMiB},
            http_limit<&HttpLimits::body_bytes>,
            restart,
            "Largest request body."},
    Setting{"http.max_responses_size",
            {size, kMiB, 64 * 1024 * kMiB},
            http_limit<&HttpLimits::responses_bytes>,
            restart,
            "Memory for all responses in flight; over it a request gets 503."},
    Setting{"http.header_timeout", kHttpTime, http_limit<&HttpLimits::header_time>, restart,
            "Time for a client to send the head of a request."},
    Setting{"http.body_timeout", kHttpTime, http_limit<&HttpLimits::body_time>, restart,
            "Time for a client to send the body of a request."},
    Setting{"http.answer_timeout", kHttpTime, http_limit<&HttpLimits::answer_time>, restart,
            "Time for an answer; a request that waits so long for a thread gets 503."},
    Setting{"http.write_timeout", kHttpTime, http_limit<&HttpLimits::write_time>, restart,
            "Time for a client to take a response."},
    Setting{"http.idle_timeout", kHttpTime, http_limit<&HttpLimits::idle_time>, restart,
            "Time for which a connection may stay open without a request."},
};

std::string replaced(std::string_view text, char from, char to) {
  std::string out(text);
  std::replace(out.begin(), out.end(), from, to);
  return out;
}

bool is_taken(const Setting& setting, const SettingValue& before, const SettingValue& after) {
  const auto is_set = [&](const SettingValue& value) { return !print_value(setting.domain, value).empty(); };
  return setting.on_reload == take || (setting.on_reload == replace && is_set(before) == is_set(after));
}

}  // namespace

std::span<const Setting> schema() noexcept { return kSchema; }

std::size_t find_setting(std::string_view name) noexcept {
  const auto found =
      std::find_if(kSchema.begin(), kSchema.end(), [&](const Setting& s) { return s.name == name; });
  return static_cast<std::size_t>(found - kSchema.begin());
}

std::string flag_name(std::string_view setting_name) { return "--" + replaced(setting_name, '_', '-'); }

std::string environment_name(std::string_view setting_name) {
  std::string name = "KYMO_" + replaced(setting_name, '.', '_');
  std::transform(name.begin(), name.end(), name.begin(), base::to_upper);
  return name;
}

SettingValue default_value(const Setting& setting) {
  static const Settings defaults;
  return setting.member.get(defaults, setting.domain);
}

Settings apply(std::span<const SettingValue> values) {
  Settings settings;
  for (std::size_t i = 0; i < kSchema.size(); ++i) {
    kSchema[i].member.set(settings, kSchema[i].domain, values[i]);
  }
  return settings;
}

std::vector<std::string> setting_faults(const Settings& settings) {
  std::vector<std::string> faults;
  for (const Setting& setting : kSchema) {
    const auto fault = value_fault(setting.domain, setting.member.get(settings, setting.domain));
    if (fault) faults.push_back(std::string(setting.name) + ": " + *fault);
  }
  return faults;
}

std::vector<std::string> settings_to_restart_for(const Settings& running, const Settings& wanted) {
  std::vector<std::string> names;
  for (const Setting& setting : kSchema) {
    const SettingValue before = setting.member.get(running, setting.domain);
    const SettingValue after = setting.member.get(wanted, setting.domain);
    if (before != after && !is_taken(setting, before, after)) names.emplace_back(setting.name);
  }
  return names;
}

log::Sink log_sink(const LogOptions& options) {
  if (options.sink) return options.sink;
  if (options.file.empty()) return log::stderr_sink(options.format);
  return log::file_sink({.path = options.file,
                         .format = options.format,
                         .max_bytes = options.file_bytes,
                         .older_files = options.files - 1,
                         .complaints = log::stderr_sink(options.format)});
}

}  // namespace kymo::KYMO_ABI::monitor
