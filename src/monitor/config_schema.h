#pragma once

#include <span>
#include <string>
#include <string_view>

#include <kymo/monitor/options.h>

#include "setting_value.h"

namespace kymo::KYMO_ABI::monitor {

/// One row of the table that flags, environment, file, `--help` and `--print-config` all come from.
struct Setting {
  std::string_view name;  ///< `section.words_of_the_name`
  ValueDomain domain;
  std::string_view default_value;
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

/// Puts the values, in the order of schema(), where a Monitor reads them.
[[nodiscard]] MonitorOptions apply(std::span<const SettingValue> values);

}  // namespace kymo::KYMO_ABI::monitor
