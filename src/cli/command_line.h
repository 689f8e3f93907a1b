#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include <kymo/version.h>

#include "command.h"

namespace CLI {
class App;
}

namespace kymo::KYMO_ABI::cli {

/// Reads the arguments of the command that `app` describes. False if all is done, with
/// `exit_code`: the help was printed, or an error with the nearest option. On true, `exit_code` is
/// kBadUsage, for errors that the caller finds. `usage`: the text after the command's name in the
/// help.
[[nodiscard]] bool read_command_line(CLI::App& app, const Arguments& arguments, int& exit_code,
                                     std::string_view usage = "[OPTIONS]");

/// Parses a duration as base::parse_duration() does, or a single number such as `2.5s` or `2` (seconds).
/// Nothing for an invalid text, or one outside `least` to `most`.
[[nodiscard]] std::optional<std::chrono::milliseconds> read_time(std::string_view text,
                                                                 std::chrono::milliseconds least,
                                                                 std::chrono::milliseconds most);

/// The bytes of a file; nothing after a complaint, which names the command.
[[nodiscard]] std::optional<std::string> read_file(const std::string& path, std::string_view command);

}  // namespace kymo::KYMO_ABI::cli
