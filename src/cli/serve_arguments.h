#pragma once

#include <optional>
#include <string>
#include <vector>

#include <kymo/monitor/options.h>

#include "command.h"

namespace kymo::KYMO_ABI::cli {

/// What was asked of `kymo serve`.
struct ServeArguments {
  MonitorOptions::Flags flags;
  std::vector<std::string> probes;  ///< of --probe; in the flags, too
  std::string config_file;
  bool print_config = false;
};

/// Reads the command line. Gives nothing where all has been said already: for `--help`, and for what is
/// wrong; `exit_code` tells which.
[[nodiscard]] std::optional<ServeArguments> parse_serve_arguments(const Arguments& arguments, int& exit_code);

}  // namespace kymo::KYMO_ABI::cli
