#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::cli {

inline constexpr int kSuccess = 0;
inline constexpr int kFailure = 1;
inline constexpr int kBadUsage = 2;  ///< of the command line or the configuration
inline constexpr int kFound = 3;     ///< something was found that the caller had asked to fail on
inline constexpr int kUndecided =
    4;  ///< whether something is so cannot be told, and the caller wants to know

/// What stands behind the command's name, in order.
using Arguments = std::vector<std::string>;

/// One of the things that the program does.
struct Command {
  std::string_view name;
  std::string_view summary;                ///< for `kymo --help`
  int (*run)(const Arguments& arguments);  ///< gives the exit code
};

int serve(const Arguments& arguments);
int top(const Arguments& arguments);
int monitor_process(const Arguments& arguments);
int probe_targets(const Arguments& arguments);
int measure_costs(const Arguments& arguments);
int print_version(const Arguments& arguments);

/// Tells on standard error what was wrong with how the program was called: `kymo: …`.
void complain(std::string_view message);

}  // namespace kymo::KYMO_ABI::cli
