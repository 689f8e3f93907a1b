#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::monitor {

/// One setting as a file has it: its full name, and the text of its value or of its items.
struct YamlEntry {
  std::string name;
  std::size_t line = 0;
  std::variant<std::string, std::vector<std::string>> value;
};

/// Something in a file that cannot be a setting.
struct YamlError {
  std::size_t line = 0;  ///< 0: the file as a whole
  std::string message;
};

struct YamlSettings {
  std::vector<YamlEntry> entries;  ///< in the order of the file, duplicates included
  std::vector<YamlError> errors;
};

/// Reads the YAML subset that settings need: maps of maps, scalars, and lists of scalars; no aliases, one
/// document. Nested names are joined by dots. Meets any bytes. Threads: any. Throws nothing but
/// `std::bad_alloc`. Source: YAML 1.2, as yaml-cpp reads it.
[[nodiscard]] YamlSettings read_yaml_settings(std::string_view text);

}  // namespace kymo::KYMO_ABI::monitor
