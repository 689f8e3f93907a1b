#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <kymo/probe/target.h>

namespace kymo::KYMO_ABI::probe {

/// A target and what it is called.
struct NamedTarget {
  std::string name;
  Target target;

  friend bool operator==(const NamedTarget&, const NamedTarget&) = default;
};

/// 1 to 64 letters, digits and `._-`. Threads: any, as all functions here.
[[nodiscard]] KYMO_API bool is_target_name(std::string_view text) noexcept;

/// Reads a list of targets: one a line, `NAME=TARGET` or a TARGET as Target::parse() reads it, which is then
/// its own name. Blank lines, and what follows a `#` at the beginning of a line or behind a blank, are left
/// out. Throws std::invalid_argument for a line that is none, a name that is there twice, or more than 256
/// targets: `targets.txt:3: …`, with `file` as the name.
[[nodiscard]] KYMO_API std::vector<NamedTarget> parse_target_list(std::string_view text,
                                                                  std::string_view file);

/// Reads such a file, of 1 MiB at most. Throws std::runtime_error where it cannot be read, else as above.
[[nodiscard]] KYMO_API std::vector<NamedTarget> read_target_list(const std::string& file);

}  // namespace kymo::KYMO_ABI::probe
