#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "command.h"

namespace kymo::KYMO_ABI::cli {

/// What was asked of `kymo top`.
struct TopArguments {
  std::string url;  ///< empty: the default address if a server answers there, else this host itself
  std::string token_file;
  std::string ca_file;
  std::string sort = "name";
  std::string filter;
  std::chrono::milliseconds interval{1000};
  /// For which `--once` looks.
  std::chrono::milliseconds look{5000};
  bool once = false;
  bool is_json = false;  ///< with `once`
  bool no_color = false;
};

/// Reads the command line. Gives nothing where all has been said already; `exit_code` tells which.
[[nodiscard]] std::optional<TopArguments> parse_top_arguments(const Arguments& arguments, int& exit_code);

}  // namespace kymo::KYMO_ABI::cli
