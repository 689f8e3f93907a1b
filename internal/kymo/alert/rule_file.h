#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <kymo/alert/file_place.h>
#include <kymo/query/expression.h>

namespace kymo::KYMO_ABI::alert {

/// Keys and values as the file has them, in its order, each key once. Values are templates.
using TextPairs = std::vector<std::pair<std::string, std::string>>;

enum class RuleKind : std::uint8_t { recording, alerting };

struct Rule {
  RuleKind kind = RuleKind::recording;
  std::string name;  ///< of the new metric, or of the alert
  std::string query;
  query::ExpressionPtr expression;  ///< of `query`; not null
  std::int64_t for_ms = 0;          ///< how long the query must have a result before the alert fires
  std::int64_t keep_firing_ms = 0;  ///< how long the alert goes on to fire without a result
  TextPairs labels;
  TextPairs annotations;
  FilePlace place;
};

/// Rules that are evaluated one after another, at the same times.
struct RuleGroup {
  std::string name;
  std::optional<std::int64_t> interval_ms;  ///< none: the default of the evaluator
  std::optional<std::int64_t> query_offset_ms;
  std::size_t limit = 0;  ///< most series or alerts of a rule; 0: any number
  TextPairs labels;       ///< for the rules that do not set them
  std::vector<Rule> rules;
  FilePlace place;
};

/// Something in a file that cannot be a rule: the cause, and the remedy.
struct RuleProblem {
  FilePlace place;
  std::string text;
};

struct RuleFile {
  std::vector<RuleGroup> groups;      ///< those without a problem
  std::vector<RuleProblem> problems;  ///< a file with one must not be used
  std::vector<RuleProblem> warnings;  ///< likely mistakes
};

struct RuleFileOptions {
  std::size_t most_bytes = std::size_t{16} << 20U;
  bool takes_experimental = false;  ///< experimental parts of PromQL
};

/// Reads a rule file. Threads: any. Cost: linear in the text. Errors: `problems`; throws `std::bad_alloc`
/// only. Source: Prometheus 3.14, "Recording rules" and "Alerting rules".
[[nodiscard]] RuleFile read_rule_file(std::string_view text, const RuleFileOptions& options = {});

}  // namespace kymo::KYMO_ABI::alert
