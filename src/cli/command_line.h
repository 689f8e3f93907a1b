#pragma once

#include <string_view>

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

}  // namespace kymo::KYMO_ABI::cli
