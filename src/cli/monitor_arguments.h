#pragma once

#include <optional>
#include <string>

#include <kymo/watch/conditions.h>
#include <kymo/watch/process_reader.h>

#include "command.h"

namespace kymo::KYMO_ABI::cli {

/// The arguments of `kymo monitor`.
struct MonitorArguments {
  watch::Pid pid = 0;  ///< 0: start a command
  Arguments command;
  double rate_hz = 2;
  std::optional<double> duration_seconds;
  watch::Conditions fail_on;
  std::string output_file;  ///< for the command's output; empty: none
  bool fails_on_undecided = false;
  bool is_tree = false;
  bool is_json = false;
  bool is_plain = false;
  bool is_quiet = false;
  bool no_color = false;
};

/// Reads the command line. Nothing if all is done (help or an error was printed); see `exit_code`.
[[nodiscard]] std::optional<MonitorArguments> parse_monitor_arguments(const Arguments& arguments,
                                                                      int& exit_code);

}  // namespace kymo::KYMO_ABI::cli
