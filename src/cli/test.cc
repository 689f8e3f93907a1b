#include <glob.h>

#include <algorithm>
#include <cstddef>
#include <iostream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include <kymo/alert/rule_test.h>
#include <kymo/query/script.h>
#include <kymo/query/script_runner.h>

#include "command.h"
#include "command_line.h"

namespace kymo::KYMO_ABI::cli {
namespace {

constexpr std::string_view kPromqlScripts = "promql";
constexpr std::string_view kRuleTests = "rules";

/// How many evals of a file passed. Reports each one that did not.
struct ScriptOutcome {
  std::size_t passed = 0;
  std::size_t evals = 0;
  bool is_read = false;
};

ScriptOutcome run_script_file(const std::string& path) {
  ScriptOutcome outcome;
  const auto text = read_file(path, "test");
  if (!text) return outcome;
  try {
    const query::ScriptReport report = query::run_script(*text);
    for (const query::ScriptFailure& one : report.failures) {
      std::cout << path << ':' << one.line << ": " << one.query << "\n  " << one.text << '\n';
    }
    outcome.evals = report.evals;
    outcome.passed = report.evals - report.failures.size();
    outcome.is_read = true;
    std::cout << path << ": " << outcome.passed << " of " << outcome.evals << " evals passed\n";
  } catch (const query::ScriptError& error) {
    complain("test: " + path + ": " + error.what());
  }
  return outcome;
}

/// The files that fit a pattern, which is relative to the folder of the test file.
std::optional<std::vector<std::pair<std::string, std::string>>> rule_files_of(const std::string& pattern,
                                                                              const std::string& test_file) {
  const bool is_relative = !pattern.starts_with('/');
  const std::size_t slash = test_file.rfind('/');
  const std::string folder =
      is_relative && slash != std::string::npos ? test_file.substr(0, slash + 1) : std::string();
  std::vector<std::pair<std::string, std::string>> files;
  ::glob_t found{};
  const int fault = ::glob((folder + pattern).c_str(), 0, nullptr, &found);
  for (std::size_t i = 0; fault == 0 && i < found.gl_pathc; ++i) files.emplace_back(found.gl_pathv[i], "");
  ::globfree(&found);
  if (files.empty() && pattern.find_first_of("*?[") == std::string::npos) return std::nullopt;
  for (auto& [path, text] : files) {
    auto read = read_file(path, "test");
    if (!read) return std::nullopt;
    text = std::move(*read);
  }
  return files;
}

/// The exit code of one file: a fault of the file itself is a failed test, as for promtool.
int run_rule_test_file(const std::string& path) {
  const auto text = read_file(path, "test");
  if (!text) return kBadUsage;
  const alert::RuleTestReport report =
      alert::run_rule_tests(*text, [&](const std::string& pattern) { return rule_files_of(pattern, path); });
  for (const alert::RuleProblem& one : report.problems) {
    std::cout << path << ':' << one.place.line << ':' << one.place.column << ": " << one.text << '\n';
  }
  if (!report.problems.empty()) return kFailure;
  for (const std::string& failure : report.failures) std::cout << path << ": " << failure << '\n';
  std::cout << path << ": " << report.checks << (report.checks == 1 ? " check, " : " checks, ")
            << report.failures.size() << " failed\n";
  return report.failures.empty() ? kSuccess : kFailure;
}

}  // namespace

int test_scripts(const Arguments& arguments) {
  int exit_code = kSuccess;
  std::string kind;
  std::vector<std::string> files;
  CLI::App app(
      "promql: runs test scripts in the format of Prometheus' promqltest: load, clear, eval, expect.\n"
      "rules: runs unit tests of rule files, as promtool does: input series, and the alerts and samples\n"
      "that are expected. Experimental parts of PromQL are on. Exit code 1 where a test failed.",
      "kymo test");
  app.add_option("KIND", kind, "The kind of tests: promql or rules.")->required();
  app.add_option("FILE", files, "The files of tests.")->required()->type_name("");
  if (!read_command_line(app, arguments, exit_code, "[OPTIONS] promql|rules FILE…")) return exit_code;
  if (kind != kPromqlScripts && kind != kRuleTests) {
    complain("test: \"" + kind.substr(0, 64) + "\" is no kind of tests; expected promql or rules");
    return kBadUsage;
  }
  exit_code = kSuccess;
  for (const std::string& path : files) {
    if (kind == kRuleTests) {
      exit_code = std::max(exit_code, run_rule_test_file(path));
      continue;
    }
    const ScriptOutcome outcome = run_script_file(path);
    if (!outcome.is_read) return kBadUsage;
    if (outcome.passed != outcome.evals) exit_code = kFailure;
  }
  return exit_code;
}

}  // namespace kymo::KYMO_ABI::cli
