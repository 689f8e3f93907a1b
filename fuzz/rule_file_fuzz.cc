#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <kymo/alert/rule_file.h>

/// Any bytes give rules or problems; a rule has a name and a query that parses.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const kymo::alert::RuleFile file = kymo::alert::read_rule_file(text);
  for (const auto& group : file.groups) {
    if (group.name.empty()) std::abort();
    for (const auto& rule : group.rules) {
      if (rule.name.empty() || rule.expression == nullptr) std::abort();
    }
  }
  for (const auto& problem : file.problems) {
    if (problem.text.empty() || problem.place.line == 0) std::abort();
  }
  return 0;
}
