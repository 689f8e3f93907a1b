#pragma once

#include <string>
#include <vector>

#include <kymo/core/snapshot.h>

namespace kymo::KYMO_ABI::format {

/// One fault in a family's name, unit, help or labels.
struct LintFinding {
  std::string family;   ///< the registered name
  std::string problem;  ///< the fault and the remedy

  friend bool operator==(const LintFinding&, const LintFinding&) = default;
};

/// Finds families that break the conventions of Prometheus, as its text formats would show them:
///
/// - names are snake_case, without colons (those are of recording rules) and without a word for the type;
/// - units are base units, in words, and the last word of the name; latencies and durations are in seconds;
/// - `_total` ends counters and nothing else;
/// - there is a help text: a sentence, from a capital to a full stop;
/// - label names are snake_case and do not repeat the name of the family.
///
/// Names that cannot be registered are not checked. For tests: `EXPECT_THAT(lint(snapshot), IsEmpty())`.
/// Threads: any. Source: Prometheus, "Metric and label naming"; OpenMetrics 1.0, "Units".
[[nodiscard]] KYMO_API std::vector<LintFinding> lint(const Snapshot& snapshot);

}  // namespace kymo::KYMO_ABI::format
