#include <cstddef>
#include <iostream>
#include <string>

#include <CLI/CLI.hpp>

#include <kymo/query/script.h>
#include <kymo/query/script_runner.h>

#include "command.h"
#include "command_line.h"

namespace kymo::KYMO_ABI::cli {
namespace {

constexpr std::string_view kPromql = "promql";

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

}  // namespace

int test_scripts(const Arguments& arguments) {
  int exit_code = kSuccess;
  std::string kind;
  std::vector<std::string> files;
  CLI::App app(
      "Runs test scripts of PromQL, in the format of Prometheus' promqltest: load, clear, eval, expect.\n"
      "Experimental parts of the language are on. Exit code 1 where an eval failed.",
      "kymo test");
  app.add_option("KIND", kind, "The kind of scripts: promql.")->required();
  app.add_option("FILE", files, "The scripts.")->required()->type_name("");
  if (!read_command_line(app, arguments, exit_code, "[OPTIONS] promql FILE…")) return exit_code;
  if (kind != kPromql) {
    complain("test: \"" + kind.substr(0, 64) + "\" is no kind of scripts; expected promql");
    return kBadUsage;
  }
  exit_code = kSuccess;
  for (const std::string& path : files) {
    const ScriptOutcome outcome = run_script_file(path);
    if (!outcome.is_read) return kBadUsage;
    if (outcome.passed != outcome.evals) exit_code = kFailure;
  }
  return exit_code;
}

}  // namespace kymo::KYMO_ABI::cli
