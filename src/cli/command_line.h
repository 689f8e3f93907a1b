#pragma once

#include <string_view>

#include "command.h"

namespace CLI {
class App;
}

namespace kymo::KYMO_ABI::cli {

/// Reads the arguments of the command that `app` describes. False where that is the end of it, with
/// `exit_code`: the help was asked for and has been printed, or what is wrong has been told, with the option
/// that was meant. True leaves kBadUsage there, for what the caller finds wrong itself. `usage` is what the
/// help says to stand behind the command's name.
[[nodiscard]] bool read_command_line(CLI::App& app, const Arguments& arguments, int& exit_code,
                                     std::string_view usage = "[OPTIONS]");

}  // namespace kymo::KYMO_ABI::cli
