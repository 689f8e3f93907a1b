#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/query/script.h>

namespace kymo::KYMO_ABI::query {

[[noreturn]] inline void throw_script_error(std::size_t line, const std::string& text) {
  throw ScriptError("line " + std::to_string(line) + ": " + text);
}

/// Whether a line of `load` has start times: `x{…}@st -1m _`.
[[nodiscard]] bool is_start_line(std::string_view text);

/// Reads a start line; its `starts` have the result.
[[nodiscard]] ScriptSeries read_start_line(std::string_view text, std::size_t line);

/// A number with an optional sign, `Inf` and `NaN` among them; takes it off the text. Nothing where there is
/// none.
[[nodiscard]] std::optional<double> take_number(std::string_view& text);

}  // namespace kymo::KYMO_ABI::query
