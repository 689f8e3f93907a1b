#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <kymo/monitor/options.h>

namespace kymo::KYMO_ABI::monitor {

/// One setting, for a command line or a reference page.
struct SettingInfo {
  std::string_view name;      ///< `http.max_connections`, as a file has it
  std::string flag;           ///< `--http.max-connections`
  std::string environment;    ///< `KYMO_HTTP_MAX_CONNECTIONS`
  std::string default_value;  ///< as text
  std::string expects;        ///< "a number from 1 to 65536"
  std::string_view help;      ///< one sentence
  bool is_switch;             ///< true or false; the flag alone means true
  bool is_reloadable;         ///< a reload takes a changed value; else the change needs a restart
};

/// Settings of the section `probe`: `kymo serve` answers and sends probes, a Monitor does neither. See
/// kymo/probe/prober.h.
struct ProbeSettings {
  std::string responder;                                     ///< `ADDRESS:PORT`; empty: none
  std::vector<std::pair<std::string, std::string>> targets;  ///< name, and a target as probe::Target reads it
  std::string targets_file;  ///< with more of them, see probe::read_target_list(); empty: none
  std::chrono::milliseconds interval{1000};  ///< from one probe of a target to the next
  std::chrono::milliseconds timeout{1000};   ///< after this time without a reply a probe counts as lost
};

/// Where settings come from; the first that has one wins: flags, environment, file, defaults.
struct KYMO_API ConfigSources {
  MonitorOptions::Flags flags;           ///< name of the setting and its value
  std::vector<std::string> environment;  ///< `NAME=value`; only names that begin with KYMO_ matter
  std::string file;                      ///< path of a YAML file; empty: what KYMO_CONFIG names, if anything
  MonitorOptions::Flags defaults = {};   ///< in place of those of the settings

  /// Those of this process: `environ`. Not for a time when another thread calls `setenv`.
  [[nodiscard]] static std::vector<std::string> process_environment();
};

/// The settings of a program, each with where it came from.
///
/// A file holds settings by their names, nested or dotted (`http: {threads: 2}` or `http.threads: 2`). What
/// is not known or not valid there or in a flag is an error. A KYMO_ variable that is not known is only a
/// warning: an environment is shared between programs and versions, and Kubernetes itself sets KYMO_PORT
/// where a service is called kymo. Immutable; threads: any.
class KYMO_API Config final {
 public:
  /// Reads all sources and finds all that is wrong. Errors: in `errors()`; throws nothing but
  /// `std::bad_alloc`.
  [[nodiscard]] static Config load(const ConfigSources& sources);

  /// One line each, safe to show in a terminal: `kymo.yml:12: listen: "127.0.0.1" has no port; …`.
  [[nodiscard]] const std::vector<std::string>& errors() const noexcept;
  [[nodiscard]] const std::vector<std::string>& warnings() const noexcept;

  /// The settings applied, with a log on standard error or in `log.file`. A setting with an error has its
  /// default.
  [[nodiscard]] MonitorOptions options() const;

  /// Those of the section `probe`.
  [[nodiscard]] ProbeSettings probes() const;

  /// One setting's value as text; empty for an unknown name.
  [[nodiscard]] std::string value(std::string_view name) const;

  /// Names of the settings that differ from those of `running` and that no reload takes, in the order of
  /// `to_yaml()`. A Monitor names its own too; see Monitor::reload().
  [[nodiscard]] std::vector<std::string> settings_to_restart_for(const Config& running) const;

  /// Every setting with its value, and its source as a comment. A valid configuration file.
  [[nodiscard]] std::string to_yaml() const;

  /// All settings, in the order of `to_yaml()`.
  [[nodiscard]] static std::span<const SettingInfo> settings();

 private:
  struct State;
  explicit Config(std::shared_ptr<const State> state) noexcept : state_(std::move(state)) {}

  std::shared_ptr<const State> state_;
};

}  // namespace kymo::KYMO_ABI::monitor
