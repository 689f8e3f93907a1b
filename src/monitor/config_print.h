#pragma once

#include <span>
#include <string>

#include "setting_value.h"

namespace kymo::KYMO_ABI::monitor {

/// A setting's value and where it came from: "default", "kymo.yml:12", "environment KYMO_LISTEN", "--listen".
struct SourcedValue {
  SettingValue value;
  std::string source;
};

/// The settings, in the order of schema(), as a configuration file that tells each value's source behind it.
[[nodiscard]] std::string print_config(std::span<const SourcedValue> settings);

}  // namespace kymo::KYMO_ABI::monitor
