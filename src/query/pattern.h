#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <kymo/series/matcher.h>

namespace kymo::KYMO_ABI::query {

/// A regular expression of a matcher: matches whole texts, and `.` matches a line break too. Null for an
/// expression with a fault; `fault` then has the cause. Memory of one is bounded. Threads: any. Source:
/// Prometheus, "Time series selectors"; RE2, "Syntax".
[[nodiscard]] std::shared_ptr<const series::Pattern> compile_pattern(std::string_view expression,
                                                                     std::string& fault);

/// The regular expression of label_replace(), which also captures. Threads: any.
class LabelReplacer {
 public:
  LabelReplacer() = default;
  LabelReplacer(const LabelReplacer&) = delete;
  LabelReplacer& operator=(const LabelReplacer&) = delete;
  virtual ~LabelReplacer() = default;

  /// Null for an expression with a fault; `fault` then has the cause.
  [[nodiscard]] static std::unique_ptr<const LabelReplacer> compile(std::string_view expression,
                                                                    std::string& fault);
  /// The replacement with `$1`, `${1}` and `${name}` expanded. Nothing where the expression does not match
  /// all of the text.
  [[nodiscard]] virtual std::optional<std::string> expand(std::string_view text,
                                                          std::string_view replacement) const = 0;
};

}  // namespace kymo::KYMO_ABI::query
