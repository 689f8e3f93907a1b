#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/query/engine.h>

namespace kymo::KYMO_ABI::query {

/// An `eval` whose result is not the expected one.
struct ScriptFailure {
  std::size_t line = 0;
  std::string query;  ///< as it was evaluated, with the `@` that the runner added
  std::string text;   ///< what was expected, and what came
};

struct ScriptReport {
  std::size_t evals = 0;
  std::vector<ScriptFailure> failures;  ///< at most one for each `eval`
};

/// Settings as Prometheus has them for its own scripts: all experimental parts, delayed removal of names,
/// start times, a subquery step of a minute.
[[nodiscard]] EngineOptions script_options();

/// Runs a script against a store in memory. As Prometheus does, evaluates each instant query again at other
/// times with `@` pinned, and as a range query. Threads: any. Cost: up to twelve evaluations for each `eval`.
/// Errors: throws ScriptError for a malformed script, and `std::bad_alloc`.
[[nodiscard]] ScriptReport run_script(std::string_view text, const EngineOptions& options = script_options());

}  // namespace kymo::KYMO_ABI::query
