#pragma once

#include "command.h"

namespace CLI {
class App;
}

namespace kymo::cli {

/// Reads the arguments of the command that `app` describes. False where that is the end of it, with
/// `exit_code`: the help was asked for and has been printed, or what is wrong has been told, with the option
/// that was meant. True leaves kBadUsage there, for what the caller finds wrong itself.
[[nodiscard]] bool read_command_line(CLI::App& app, const Arguments& arguments, int& exit_code);

}  // namespace kymo::cli
