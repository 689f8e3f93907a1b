#include "config_schema.h"

#include <algorithm>
#include <array>

#include <kymo/log/file_sink.h>
#include <kymo/log/stderr_sink.h>

namespace kymo::monitor {
namespace {

using enum SettingType;

constexpr std::int64_t kSecond = 1000;
constexpr std::int64_t kHour = 3600 * kSecond;
constexpr std::int64_t kKiB = 1024;
constexpr std::int64_t kMiB = 1024 * kKiB;
constexpr ValueDomain kHttpTime{duration, 100, kHour};

constexpr std::array kSchema = {
    Setting{"listen", {endpoint}, "127.0.0.1:9464", "Where to serve; port 0 takes any free one."},
    Setting{"insecure", {boolean}, "false", "Serve other machines too without asking them for a token."},
    Setting{
        "tick_interval", {duration, 100, kHour}, "1s", "How often the host and the process are measured."},
    Setting{
        "profile", {boolean}, "false", "Whether to profile from the start; it can be turned on later, too."},
    Setting{"log.level",
            {choice, 0, 0, "debug|info|warning|error|off"},
            "info",
            "The least event that is logged."},
    Setting{"log.format", {choice, 0, 0, "text|json"}, "text", "How an event is written, one line each."},
    Setting{"log.file", {file}, "", "A file to log to, on a thread of its own; without, standard error."},
    Setting{"log.file_bytes",
            {size, 64 * kKiB, 1024 * kMiB},
            "10MiB",
            "How large that file becomes before it is renamed and another one begun."},
    Setting{"log.files", {integer, 1, 1000}, "5", "Files that are kept, the one that is written among them."},
    Setting{"system.enabled", {boolean}, "true", "Whether to measure the host: CPU, memory, disks, network."},
    Setting{"process.enabled", {boolean}, "true", "Whether to measure this process."},
    Setting{"history.interval",
            {duration, kSecond, kHour},
            "10s",
            "How far apart the points of the host's history are; each is the mean since the one before."},
    Setting{"history.points",
            {integer, 1, 100'000},
            "360",
            "Points that the host's history keeps, 64 bytes each."},
    Setting{"limits.series_per_family",
            {integer, 1, 10'000'000},
            "2000",
            "Series that one metric may have; further ones are counted in its overflow series."},
    Setting{
        "limits.series", {integer, 1, 100'000'000}, "1000000", "Series that all metrics may have together."},
    Setting{"limits.callback_deadline",
            {duration, 1, kHour},
            "100ms",
            "How long a Snapshot waits for one callback; a late one is left out and counted by name."},
    Setting{"web.allowed_hosts",
            {host_list},
            "",
            "Names, besides localhost, addresses and this machine's, by which it may be asked; * for any."},
    Setting{"web.trusted_proxies",
            {network_list},
            "",
            "Proxies whose X-Forwarded-For names the client, as addresses or networks; others' is ignored."},
    Setting{"web.token_file",
            {file},
            "",
            "A file with the token that requests must bring; without, none is asked."},
    Setting{"web.tls.certificate_file",
            {file},
            "",
            "A file with the certificate chain in PEM, to serve https; with web.tls.key_file."},
    Setting{
        "web.tls.key_file", {file}, "", "A file with that certificate's private key in PEM, unencrypted."},
    Setting{"probe.responder",
            {optional_endpoint},
            "",
            "Where to answer the UDP echoes of other hosts' probes; empty: nowhere."},
    Setting{
        "probe.targets", {probe_list}, "", "The targets to probe; each is shown as a peer under its name."},
    Setting{"probe.targets_file",
            {file},
            "",
            "A file with more of them: NAME=TARGET or TARGET a line, # before a comment."},
    Setting{"probe.interval", {duration, 10, kHour}, "1s", "From one probe of a target to the next."},
    Setting{"probe.timeout",
            {duration, 10, 60 * kSecond},
            "1s",
            "A probe without a reply after this time counts as lost."},
    Setting{"http.threads", {integer, 1, 64}, "2", "Threads that answer requests."},
    Setting{"http.max_connections", {integer, 1, 65'536}, "1024", "Connections open at once."},
    Setting{"http.max_connections_per_address", {integer, 1, 65'536}, "256", "Connections from one address."},
    Setting{"http.max_header_size", {size, kKiB, kMiB}, "16KiB", "Longest head of a request."},
    Setting{"http.max_body_size", {size, kKiB, 64 * kMiB}, "1MiB", "Longest body of a request."},
    Setting{"http.max_responses_size",
            {size, kMiB, 64 * 1024 * kMiB},
            "64MiB",
            "Memory of the responses that are being sent at once."},
    Setting{"http.header_timeout", kHttpTime, "5s", "Time for a client to send the head of a request."},
    Setting{"http.body_timeout", kHttpTime, "10s", "Time for a client to send the body of a request."},
    Setting{"http.write_timeout", kHttpTime, "10s", "Time for a client to take a response."},
    Setting{"http.idle_timeout", kHttpTime, "1m", "Time that a connection may stay open without a request."},
};

std::string replace(std::string_view text, char from, char to) {
  std::string out(text);
  std::replace(out.begin(), out.end(), from, to);
  return out;
}

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

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
  std::transform(name.begin(), name.end(), name.begin(), upper);
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

}  // namespace kymo::monitor
