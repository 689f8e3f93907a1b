#pragma once

#include <string>
#include <vector>

#include "src/monitor/config_schema.h"

namespace kymo::KYMO_ABI::monitor {

/// A value of the setting that is not its default. Of a file: one that is not there.
inline SettingValue other_value(const Setting& setting) {
  const ValueDomain& domain = setting.domain;
  const SettingValue value = default_value(setting);
  const std::int64_t first = domain.min, last = domain.max;
  switch (domain.type) {
    case SettingType::boolean: return !std::get<bool>(value);
    case SettingType::endpoint:
    case SettingType::optional_endpoint: return std::string("127.0.0.1:1");
    case SettingType::integer:
    case SettingType::size: return value == SettingValue(first) ? last : first;
    case SettingType::duration: {
      const SettingValue shortest = std::chrono::milliseconds(first);
      return value == shortest ? std::chrono::milliseconds(last) : shortest;
    }
    case SettingType::choice:
      return std::string(choice_at(domain, value == SettingValue(std::string(choice_at(domain, 0))) ? 1 : 0));
    case SettingType::file: return std::string("/not/there");
    case SettingType::host_list: return std::vector<std::string>{"a.example"};
    case SettingType::network_list: return std::vector<std::string>{"10.0.0.0/8"};
    case SettingType::path_list: return std::vector<std::string>{"/not/there/*.yaml"};
    case SettingType::probe_list: break;
  }
  return std::vector<std::string>{"a=udp://a.example"};
}

}  // namespace kymo::KYMO_ABI::monitor
