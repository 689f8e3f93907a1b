#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <kymo/probe/target.h>

namespace kymo::KYMO_ABI::probe {

/// A target and its name.
struct NamedTarget {
  std::string name;
  Target target;

  friend bool operator==(const NamedTarget&, const NamedTarget&) = default;
};

/// 1 to 64 letters, digits and `._-`. Threads: any, as all functions here.
[[nodiscard]] KYMO_API bool is_target_name(std::string_view text) noexcept;

/// Reads a list of targets: one a line, `NAME=TARGET`, or a TARGET as Target::parse() reads it, which is then
/// its own name. Blank lines are skipped, and comments from a `#` at the beginning of a line or behind a
/// blank. Throws std::invalid_argument for an invalid line, a repeated name, or more than 256 targets:
/// `targets.txt:3: …`, with `file` as the name.
[[nodiscard]] KYMO_API std::vector<NamedTarget> parse_target_list(std::string_view text,
                                                                  std::string_view file);

/// Reads such a file, of at most 1 MiB. Throws std::runtime_error if it is unreadable, else as above.
[[nodiscard]] KYMO_API std::vector<NamedTarget> read_target_list(const std::string& file);

}  // namespace kymo::KYMO_ABI::probe
