#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "command.h"

namespace kymo::KYMO_ABI::cli {

/// The arguments of `kymo top`.
struct TopArguments {
  std::string url;  ///< empty: the default URL if a server answers there, otherwise this host
  std::string token_file;
  std::string ca_file;
  std::string sort = "name";
  std::string filter;
  std::chrono::milliseconds interval{1000};
  /// Observation time of `--once`.
  std::chrono::milliseconds look{5000};
  bool once = false;
  bool is_json = false;  ///< with `once`
  bool no_color = false;
};

/// Reads the command line. Nothing if all is done (help or an error was printed); see `exit_code`.
[[nodiscard]] std::optional<TopArguments> parse_top_arguments(const Arguments& arguments, int& exit_code);

}  // namespace kymo::KYMO_ABI::cli
