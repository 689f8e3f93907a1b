#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <kymo/probe/target_list.h>

#include "command.h"

namespace kymo::KYMO_ABI::cli {

/// What was asked of `kymo probe`.
struct ProbeArguments {
  std::vector<probe::NamedTarget> targets;
  std::chrono::milliseconds interval{1000};
  std::chrono::milliseconds timeout{1000};
  std::uint64_t count = 0;  ///< of each target; 0: until a signal
  std::size_t bytes = 64;
  bool json = false;
};

/// Reads the command line. Gives nothing where all has been said already; `exit_code` tells which.
[[nodiscard]] std::optional<ProbeArguments> parse_probe_arguments(const Arguments& arguments, int& exit_code);

}  // namespace kymo::KYMO_ABI::cli
