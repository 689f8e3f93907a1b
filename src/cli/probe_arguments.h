#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <kymo/probe/target_list.h>

#include "command.h"

namespace kymo::KYMO_ABI::cli {

/// The arguments of `kymo probe`.
struct ProbeArguments {
  std::vector<probe::NamedTarget> targets;
  std::chrono::milliseconds interval{1000};
  std::chrono::milliseconds timeout{1000};
  std::uint64_t count = 0;  ///< for each target; 0: until a signal
  std::size_t bytes = 64;
  bool json = false;
};

/// Reads the command line. Nothing if all is done (help or an error was printed); see `exit_code`.
[[nodiscard]] std::optional<ProbeArguments> parse_probe_arguments(const Arguments& arguments, int& exit_code);

}  // namespace kymo::KYMO_ABI::cli
