#include <kymo/monitor/version.h>

#include <iostream>

#include "command.h"

namespace kymo::cli {

int print_version(const Arguments& arguments) {
  if (!arguments.empty() && arguments.front() != "--help") {
    complain("version: takes no arguments");
    return kBadUsage;
  }
  std::cout << "kymo " << monitor::version() << '\n';
  return kSuccess;
}

}  // namespace kymo::cli
