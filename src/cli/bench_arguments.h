#pragma once

#include <optional>
#include <string>

#include "command.h"

namespace kymo::KYMO_ABI::cli {

/// The arguments of `kymo bench`.
struct BenchArguments {
  std::string json_file;
  std::string compare_file;
  std::optional<double> most_regression;  ///< a share, 0.1 for 10 %
  bool is_quick = false;
};

/// Reads the command line. Nothing if all is done (help or an error was printed); see `exit_code`.
[[nodiscard]] std::optional<BenchArguments> parse_bench_arguments(const Arguments& arguments, int& exit_code);

}  // namespace kymo::KYMO_ABI::cli
