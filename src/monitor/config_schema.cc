#include "config_schema.h"

#include <algorithm>
#include <array>

#include <kymo/base/ascii.h>
#include <kymo/log/file_sink.h>
#include <kymo/log/stderr_sink.h>

namespace kymo::KYMO_ABI::monitor {
namespace {

using enum SettingType;

constexpr std::int64_t kSecond = 1000;
constexpr std::int64_t kHour = 3600 * kSecond;
constexpr std::int64_t kKiB = 1024;
constexpr std::int64_t kMiB = 1024 * kKiB;
constexpr ValueDomain kHttpTime{duration, 100, kHour};

constexpr std::array kSchema = {
    Setting{"listen", {endpoint}, "127.0.0.1:9464", "Address to serve at; port 0 takes any free port."},
    Setting{"insecure", {boolean}, "false", "Serve other machines without a token."},
    Setting{"tick_interval",
            {duration, 100, kHour},
            "1s",
            "Time from one measurement of host and process to the next."},
    Setting{"profile", {boolean}, "false", "Profile from the start; the dashboard can turn it on later."},
    Setting{
        "log.level", {choice, 0, 0, "debug|info|warning|error|off"}, "info", "Least severe event to log."},
    Setting{"log.format", {choice, 0, 0, "text|json"}, "text", "Format of a log line."},
    Setting{"log.file", {file}, "", "File to log to, on a thread of its own; default: standard error."},
    Setting{"log.file_bytes", {size, 64 * kKiB, 1024 * kMiB}, "10MiB", "Size at which the log file rotates."},
    Setting{"log.files", {integer, 1, 1000}, "5", "Log files to keep, the open one included."},
    Setting{"system.enabled", {boolean}, "true", "Measure the host: CPU, memory, disks, network."},
    Setting{"process.enabled", {boolean}, "true", "Measure this process."},
    Setting{"history.interval",
            {duration, kSecond, kHour},
            "10s",
            "Time between two points of the host's history; each point is a mean over that time."},
    Setting{"history.points", {integer, 1, 100'000}, "360", "Points in the host's history, 64 bytes each."},
    Setting{"limits.series_per_family",
            {integer, 1, 10'000'000},
            "2000",
            "Most series of one metric; further series count into its overflow series."},
    Setting{"limits.series", {integer, 1, 100'000'000}, "1000000", "Most series of all metrics together."},
    Setting{"limits.callback_deadline",
            {duration, 1, kHour},
            "100ms",
            "Time that a Snapshot waits for one callback; a late one is left out and counted by name."},
    Setting{"web.allowed_hosts",
            {host_list},
            "",
            "Extra Host names to accept; * accepts any. Addresses, localhost and this machine's name always "
            "work."},
    Setting{"web.trusted_proxies",
            {network_list},
            "",
            "Proxies to trust: their X-Forwarded-For names the client. Addresses or networks."},
    Setting{"web.token_file", {file}, "", "File with the token that requests must bring; default: no token."},
    Setting{"web.tls.certificate_file",
            {file},
            "",
            "File with the certificate chain in PEM, for https; needs web.tls.key_file."},
    Setting{
        "web.tls.key_file", {file}, "", "File with the private key of the certificate in PEM, unencrypted."},
    Setting{"probe.responder",
            {optional_endpoint},
            "",
            "Address at which to answer UDP probes of other hosts; empty: none."},
    Setting{
        "probe.targets", {probe_list}, "", "The targets to probe; each is shown as a peer under its name."},
    Setting{"probe.targets_file",
            {file},
            "",
            "File with more targets: NAME=TARGET or TARGET a line; # begins a comment."},
    Setting{"probe.interval", {duration, 10, kHour}, "1s", "Time from one probe of a target to the next."},
    Setting{"probe.timeout",
            {duration, 10, 60 * kSecond},
            "1s",
            "A probe without a reply after this time counts as lost."},
    Setting{"http.threads", {integer, 1, 64}, "2", "Threads that answer requests."},
    Setting{"http.max_connections", {integer, 1, 65'536}, "1024", "Most open connections."},
    Setting{"http.max_connections_per_address",
            {integer, 1, 65'536},
            "256",
            "Most open connections from one address."},
    Setting{"http.max_header_size", {size, kKiB, kMiB}, "16KiB", "Largest request head."},
    Setting{"http.max_body_size", {size, kKiB, 64 * kMiB}, "1MiB", "Largest request body."},
    Setting{"http.max_responses_size",
            {size, kMiB, 64 * 1024 * kMiB},
            "64MiB",
            "Memory for all responses in flight; over it a request gets 503."},
    Setting{"http.header_timeout", kHttpTime, "5s", "Time for a client to send the head of a request."},
    Setting{"http.body_timeout", kHttpTime, "10s", "Time for a client to send the body of a request."},
    Setting{"http.write_timeout", kHttpTime, "10s", "Time for a client to take a response."},
    Setting{"http.idle_timeout", kHttpTime, "1m",
            "Time for which a connection may stay open without a request."},
};

std::string replace(std::string_view text, char from, char to) {
  std::string out(text);
  std::replace(out.begin(), out.end(), from, to);
  return out;
}

/// Values by the names of their settings. A name that is not in the table would be a bug, which the tests
/// would meet.
class Values final {
 public:
  explicit Values(std::span<const SettingValue> values) noexcept : values_(values) {}

  template <typename T>
  [[nodiscard]] const T& get(std::string_view name) const {
    return std::get<T>(values_[find_setting(name)]);
  }
  [[nodiscard]] std::size_t count(std::string_view name) const {
    return static_cast<std::size_t>(get<std::int64_t>(name));
  }
  [[nodiscard]] std::chrono::milliseconds time(std::string_view name) const {
    return get<std::chrono::milliseconds>(name);
  }

 private:
  std::span<const SettingValue> values_;
};

net::HttpLimits http_limits(const Values& values) {
  return {.header_bytes = values.count("http.max_header_size"),
          .body_bytes = values.count("http.max_body_size"),
          .connections = values.count("http.max_connections"),
          .connections_per_address = values.count("http.max_connections_per_address"),
          .responses_bytes = values.count("http.max_responses_size"),
          .header_time = values.time("http.header_timeout"),
          .body_time = values.time("http.body_timeout"),
          .write_time = values.time("http.write_timeout"),
          .idle_time = values.time("http.idle_timeout")};
}

log::Level level_named(std::string_view name) {
  for (const auto level : {log::Level::debug, log::Level::info, log::Level::warning, log::Level::error}) {
    if (log::level_name(level) == name) return level;
  }
  return log::Level::off;
}

/// Made each time that settings are applied, also to see whether they are well; a file is opened with the
/// first event.
log::Sink log_sink(const Values& values) {
  const bool json = values.get<std::string>("log.format") == "json";
  const log::Format format = json ? log::Format::json : log::Format::text;
  const auto& path = values.get<std::string>("log.file");
  if (path.empty()) return log::stderr_sink(format);
  return log::file_sink({.path = path,
                         .format = format,
                         .max_bytes = values.count("log.file_bytes"),
                         .older_files = values.count("log.files") - 1,
                         .complaints = log::stderr_sink(format)});
}

}  // namespace

std::span<const Setting> schema() noexcept { return kSchema; }

std::size_t find_setting(std::string_view name) noexcept {
  const auto found =
      std::find_if(kSchema.begin(), kSchema.end(), [&](const Setting& s) { return s.name == name; });
  return static_cast<std::size_t>(found - kSchema.begin());
}

std::string flag_name(std::string_view setting_name) { return "--" + replace(setting_name, '_', '-'); }

std::string environment_name(std::string_view setting_name) {
  std::string name = "KYMO_" + replace(setting_name, '.', '_');
  std::transform(name.begin(), name.end(), name.begin(), base::to_upper);
  return name;
}

MonitorOptions apply(std::span<const SettingValue> settings) {
  const Values values(settings);
  MonitorOptions options;
  options.listen = values.get<std::string>("listen");
  options.tick_interval = values.time("tick_interval");
  options.max_series_per_family = values.count("limits.series_per_family");
  options.max_series = values.count("limits.series");
  options.callback_deadline = values.time("limits.callback_deadline");
  options.history_interval = values.time("history.interval");
  options.history_points = values.count("history.points");
  options.system = values.get<bool>("system.enabled");
  options.process = values.get<bool>("process.enabled");
  options.profile = values.get<bool>("profile");
  options.log_sink = log_sink(values);
  options.log_level = level_named(values.get<std::string>("log.level"));
  options.http_threads = values.count("http.threads");
  options.http_limits = http_limits(values);
  options.insecure = values.get<bool>("insecure");
  options.tls = {.certificate = values.get<std::string>("web.tls.certificate_file"),
                 .key = values.get<std::string>("web.tls.key_file")};
  options.allowed_hosts = values.get<std::vector<std::string>>("web.allowed_hosts");
  options.trusted_proxies = values.get<std::vector<std::string>>("web.trusted_proxies");
  return options;
}

}  // namespace kymo::KYMO_ABI::monitor
