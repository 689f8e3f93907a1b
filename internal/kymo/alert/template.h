#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <kymo/alert/file_place.h>
#include <kymo/series/label_set.h>

/// Templates of labels and annotations: Go's text/template with the functions of Prometheus' rules.
/// Source: Go 1.24, packages text/template and fmt; Prometheus 3.14, "Template reference".
namespace kymo::KYMO_ABI::alert {

/// One series of a query's result.
struct TemplateSample {
  series::LabelSet labels;
  double value = 0;
};

/// Bounds of one expansion. Past one the template fails, and the problem names the limit.
struct TemplateLimits {
  std::size_t most_text = std::size_t{256} << 10U;    ///< bytes of the template
  std::size_t most_output = std::size_t{256} << 10U;  ///< bytes of the result, and of each text on the way
  std::uint64_t most_steps = 1'000'000;  ///< actions and arguments; 64 bytes of text are one more
  /// Of templates that call templates. Actions within actions may come to four times as many levels.
  std::size_t most_depth = 100;
  std::size_t most_queries = 100;
};

/// The data of one expansion.
struct TemplateContext {
  series::LabelSet labels;  ///< `.Labels`, `$labels`
  series::LabelSet external_labels;
  std::string external_url;  ///< `.ExternalURL`, `externalURL`
  std::string path_prefix;   ///< `pathPrefix`: the path of the external URL
  double value = 0;          ///< `.Value`, `$value`
  std::int64_t now_ms = 0;   ///< time of the evaluation since 1970
  /// Runs a query at `now_ms`. A std::exception becomes the problem of the template. Empty: queries fail.
  std::function<std::vector<TemplateSample>(std::string_view expression)> query;
  TemplateLimits limits{};
};

/// A fault of a template: the cause, and the remedy.
struct TemplateProblem {
  std::size_t at = 0;  ///< byte of the template's text
  FilePlace place;     ///< of that byte within the template's text
  std::string text;
};

/// The text, or why there is none. Threads: any, if `query` may run there. Cost: linear in the steps. Errors:
/// as a TemplateProblem; throws `std::bad_alloc` only.
[[nodiscard]] std::variant<std::string, TemplateProblem> expand_template(std::string_view text,
                                                                         const TemplateContext& context);

/// The text to show: that of expand_template(), or `<error expanding template: LINE:COLUMN: …>`, as
/// Prometheus has it. Threads, cost and errors: as expand_template().
[[nodiscard]] std::string expand_or_explain(std::string_view text, const TemplateContext& context);

/// Problems that show without a run: syntax, unknown functions, undefined variables. Empty where there are
/// none; the parser stops at the first. Threads: any. Cost: linear in the text. Errors: `std::bad_alloc`.
[[nodiscard]] std::vector<TemplateProblem> check_template(std::string_view text);

}  // namespace kymo::KYMO_ABI::alert
