#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/monitor/config.h>
#include <kymo/monitor/options.h>

#include "setting_value.h"

namespace kymo::KYMO_ABI::monitor {

/// Everything that settings set.
struct Settings {
  MonitorOptions monitor = {};
  ProbeSettings probe = {};
  std::string token_file = {};
};

/// Effect of a reload on a changed setting.
enum class OnReload : std::uint8_t {
  restart,  ///< the old value stays, and the reload names the setting
  take,     ///< the new value counts at once
  replace,  ///< another value counts at once; to set or to clear the value needs a restart
};

/// A member of Settings, read and written as the value of a setting.
struct Member {
  SettingValue (*get)(const Settings& settings, const ValueDomain& domain);
  void (*set)(Settings& settings, const ValueDomain& domain, const SettingValue& value);
};

/// One row of the table of all settings. Flags, environment, file, `--help`, `--print-config`, the ranges of
/// MonitorOptions and the reload come from it. The default is the member's own: it stands with its
/// declaration.
struct Setting {
  std::string_view name;  ///< `section.words_of_the_name`
  ValueDomain domain;
  Member member;
  OnReload on_reload;
  std::string_view help;  ///< one sentence
};

/// All settings; those of a section stand together.
[[nodiscard]] std::span<const Setting> schema() noexcept;

/// Index in schema(), or its size where there is no such setting.
[[nodiscard]] std::size_t find_setting(std::string_view name) noexcept;

/// `http.max_connections` is `--http.max-connections` on a command line and KYMO_HTTP_MAX_CONNECTIONS in an
/// environment.
[[nodiscard]] std::string flag_name(std::string_view setting_name);
[[nodiscard]] std::string environment_name(std::string_view setting_name);

[[nodiscard]] SettingValue default_value(const Setting& setting);

/// Puts the values, in the order of schema(), into their members.
[[nodiscard]] Settings apply(std::span<const SettingValue> values);

/// Values out of their domain, a line each: `tick_interval: "5ms" is too small; expected …`.
[[nodiscard]] std::vector<std::string> setting_faults(const Settings& settings);

/// Names of the settings that differ and that no reload takes.
[[nodiscard]] std::vector<std::string> settings_to_restart_for(const Settings& running,
                                                               const Settings& wanted);

/// The sink of these options; where they have none, one to their file or else to standard error. Opens no
/// file before the first event.
[[nodiscard]] log::Sink log_sink(const LogOptions& options);

}  // namespace kymo::KYMO_ABI::monitor
