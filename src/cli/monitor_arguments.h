#pragma once

#include <optional>
#include <string>

#include <kymo/watch/conditions.h>
#include <kymo/watch/process_reader.h>

#include "command.h"

namespace kymo::KYMO_ABI::cli {

/// What was asked of `kymo monitor`.
struct MonitorArguments {
  watch::Pid pid = 0;  ///< 0: a command is to be started
  Arguments command;
  double rate_hz = 2;
  std::optional<double> duration_seconds;
  watch::Conditions fail_on;
  std::string output_file;  ///< for what the command writes; empty: none
  bool fails_on_undecided = false;
  bool is_tree = false;
  bool is_json = false;
  bool is_plain = false;
  bool is_quiet = false;
  bool no_color = false;
};

/// Reads the command line. Gives nothing where all has been said already; `exit_code` tells which.
[[nodiscard]] std::optional<MonitorArguments> parse_monitor_arguments(const Arguments& arguments,
                                                                      int& exit_code);

}  // namespace kymo::KYMO_ABI::cli
