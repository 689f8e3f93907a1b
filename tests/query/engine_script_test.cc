#include <kymo/query/script_runner.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <string>
#include <variant>
#include <vector>

#include <kymo/query/script.h>
#include <kymo/query/vocabulary.h>

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

/// The scripts of this project.
std::vector<std::filesystem::path> own_scripts() {
  std::vector<std::filesystem::path> found;
  const auto folder = std::filesystem::path(KYMO_SOURCE_DIR) / "tests" / "query" / "scripts";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) found.push_back(entry.path());
  std::ranges::sort(found);
  return found;
}

TEST(Scripts, OwnOnesPass) {
  for (const auto& path : own_scripts()) {
    EXPECT_GT(run(path.filename().string(), conformance::content_of(path)), 0U);
  }
}

TEST(Scripts, OwnOnesHaveEachFunctionAggregatorAndOperator) {
  std::string queries;
  for (const auto& path : own_scripts()) {
    for (const auto& command : query::read_script(conformance::content_of(path))) {
      if (const auto* const eval = std::get_if<query::EvalCommand>(&command)) queries += eval->query + " \n";
    }
  }
  const auto expect = [&](const std::string& text) {
    EXPECT_NE(queries.find(text), std::string::npos) << "no script has " << text;
  };
  for (const auto& one : query::functions()) expect(std::string(one.name) + "(");
  for (const auto& one : query::aggregators()) expect(std::string(one.name));
  for (const auto& one : query::binary_operators()) expect(" " + std::string(one.text) + " ");
}

TEST(Scripts, ThoseOfPrometheusPass) {
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
