#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/alert/rule_file.h>

namespace kymo::KYMO_ABI::alert {

/// The outcome of a file of unit tests.
struct RuleTestReport {
  std::size_t checks = 0;             ///< expected alerts and samples, by time and name
  std::vector<std::string> failures;  ///< of the checks, each with what was expected and found
  std::vector<RuleProblem> problems;  ///< with one nothing ran
};

/// The files that fit a pattern of the test file, each with its text; nothing where one cannot be read.
using RuleFileSource = std::function<std::optional<std::vector<std::pair<std::string, std::string>>>(
    const std::string& pattern)>;

/// Runs a file of unit tests for rules: loads input series, evaluates the rules at each step, and compares
/// alerts and samples with those that are expected. Threads: any. Cost: the steps times the rules. Errors: in
/// the report; `std::bad_alloc`. Source: Prometheus, "Unit testing for rules".
[[nodiscard]] RuleTestReport run_rule_tests(std::string_view text, const RuleFileSource& rule_files);

}  // namespace kymo::KYMO_ABI::alert
