#pragma once

#include <optional>
#include <string>
#include <vector>

#include <kymo/monitor/options.h>

#include "command.h"

namespace kymo::KYMO_ABI::cli {

/// The arguments of `kymo serve`.
struct ServeArguments {
  MonitorOptions::Flags flags;
  std::vector<std::string> probes;  ///< of --probe; also in the flags
  std::string config_file;
  bool print_config = false;
};

/// Reads the command line. Nothing if all is done (help or an error was printed); see
/// `exit_code`.
[[nodiscard]] std::optional<ServeArguments> parse_serve_arguments(const Arguments& arguments, int& exit_code);

}  // namespace kymo::KYMO_ABI::cli
