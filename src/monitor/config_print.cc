#include "config_print.h"

#include <string_view>
#include <vector>

#include <kymo/log/format.h>

#include "config_schema.h"

namespace kymo::KYMO_ABI::monitor {
namespace {

/// YAML's double-quoted form (YAML 1.2, section 7.3.1). Values hold no control characters: no type of setting
/// takes any.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string yaml_value(const ValueDomain& domain, const SettingValue& value) {
  if (const auto* items = std::get_if<std::vector<std::string>>(&value)) {
    std::string list;
    for (const std::string& item : *items) list += (list.empty() ? "" : ", ") + quoted(item);
    return "[" + list + "]";
  }
  if (const auto* text = std::get_if<std::string>(&value)) return quoted(*text);
  return print_value(domain, value);
}

std::string_view section_of(std::string_view name) {
  const std::size_t dot = name.find('.');
  return dot == std::string_view::npos ? std::string_view() : name.substr(0, dot);
}

}  // namespace

std::string print_config(std::span<const SourcedValue> settings) {
  std::string out = "# All settings of kymo in effect. Behind each stands where its value comes from.\n";
  std::string_view section;
  for (std::size_t i = 0; i < settings.size(); ++i) {
    const Setting& setting = schema()[i];
    const std::string_view own_section = section_of(setting.name);
    if (own_section != section) out += std::string(own_section) + ":\n";
    section = own_section;
    const std::string indent = section.empty() ? "" : "  ";
    const std::string_view leaf = setting.name.substr(section.empty() ? 0 : section.size() + 1);
    out += indent + "# " + std::string(setting.help) + "\n";
    out += indent + std::string(leaf) + ": " + yaml_value(setting.domain, settings[i].value);
    out += "  # " + log::one_line(settings[i].source) + "\n";
  }
  return out;
}

}  // namespace kymo::KYMO_ABI::monitor
