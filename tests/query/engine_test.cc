#include <kymo/query/engine.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iostream>
#include <string>

#include <kymo/query/script_runner.h>

#include "conformance.h"

namespace {

namespace query = kymo::query;

/// Runs a script, and fails for each eval that does. Returns how many evals there are.
std::size_t run(const std::string& name, const std::string& text) {
  const query::ScriptReport report = query::run_script(text);
  for (const query::ScriptFailure& one : report.failures) {
    ADD_FAILURE() << name << ":" << one.line << ": " << one.query << "\n  " << one.text;
  }
  return report.evals;
}

TEST(Engine, PassesTheScriptsOfPrometheus) {
  if (conformance::folder().empty()) GTEST_SKIP() << "no scripts of Prometheus beside the project";
  std::size_t evals = 0;
  for (const auto& path : conformance::scripts()) {
    const std::string name = path.filename().string();
    const std::size_t of_file = run(name, conformance::content_of(path));
    std::cout << name << ": " << of_file << " evals\n";
    evals += of_file;
  }
  std::cout << "all: " << evals << " evals\n";
}

}  // namespace
