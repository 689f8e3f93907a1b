#include <kymo/version.h>

#include <iostream>

#include "command.h"

namespace kymo::KYMO_ABI::cli {

int print_version(const Arguments& arguments) {
  if (!arguments.empty() && arguments.front() != "--help") {
    complain("version: takes no arguments");
    return kBadUsage;
  }
  std::cout << "kymo " << version() << '\n';
  return kSuccess;
}

}  // namespace kymo::KYMO_ABI::cli
