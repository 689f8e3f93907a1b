#pragma once

#include <string>
#include <vector>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::net::test {

/// A line of smuggling/cases.txt.
struct SmugglingCase {
  int status = 0;   ///< expected of the one answer; 200 where the requests are good
  int answers = 1;  ///< how many
  std::string name;
  std::string bytes;
};

/// Throws std::runtime_error for a line that has not the form the file describes.
[[nodiscard]] std::vector<SmugglingCase> load_smuggling_cases();

}  // namespace kymo::KYMO_ABI::net::test
