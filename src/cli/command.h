#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::cli {

inline constexpr int kSuccess = 0;
inline constexpr int kFailure = 1;
inline constexpr int kBadUsage = 2;   ///< the command line or the configuration is wrong
inline constexpr int kFound = 3;      ///< a condition of --fail-on holds
inline constexpr int kUndecided = 4;  ///< a condition is undecided, and --fail-on-undecided is set

/// The arguments after the command's name, in order.
using Arguments = std::vector<std::string>;

/// A command of the program.
struct Command {
  std::string_view name;
  std::string_view summary;                ///< for `kymo --help`
  int (*run)(const Arguments& arguments);  ///< returns the exit code
};

int serve(const Arguments& arguments);
int top(const Arguments& arguments);
int monitor_process(const Arguments& arguments);
int probe_targets(const Arguments& arguments);
int measure_costs(const Arguments& arguments);
int handle_history(const Arguments& arguments);
int query_metrics(const Arguments& arguments);
int check_files(const Arguments& arguments);
int test_scripts(const Arguments& arguments);
int print_version(const Arguments& arguments);

/// Reports a wrong call of the program on standard error: `kymo: …`.
void complain(std::string_view message);

}  // namespace kymo::KYMO_ABI::cli
