#include <kymo/alert/template.h>

#include <algorithm>
#include <exception>
#include <new>
#include <utility>

#include "template_executor.h"
#include "template_parser.h"

namespace kymo::KYMO_ABI::alert {
namespace {

TemplateProblem problem_at(std::string_view text, std::size_t at, std::string why) {
  at = std::min(at, text.size());
  const std::string_view before = text.substr(0, at);
  const std::size_t line_begin = before.rfind('\n') + 1;  // npos + 1 is 0
  const auto line = static_cast<std::size_t>(std::ranges::count(before, '\n')) + 1;
  return {at, {line, at - line_begin + 1}, std::move(why)};
}

TemplateTree parse_within(std::string_view text, const TemplateLimits& limits) {
  if (text.size() > limits.most_text)
    throw TemplateError(0, "the template has " + std::to_string(text.size()) + " bytes, at most " +
                               std::to_string(limits.most_text) + " are read; shorten it");
  return parse_template(text);
}

/// `run`, or its fault as a problem.
template <class Run>
std::variant<std::string, TemplateProblem> guarded(std::string_view text, const Run& run) {
  try {
    return run();
  } catch (const TemplateError& error) {
    return problem_at(text, error.at(), error.what());
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    return problem_at(text, 0, error.what());
  }
}

}  // namespace

std::variant<std::string, TemplateProblem> expand_template(std::string_view text,
                                                           const TemplateContext& context) {
  return guarded(text, [&] { return run_template(parse_within(text, context.limits), context); });
}

std::string expand_or_explain(std::string_view text, const TemplateContext& context) {
  auto result = expand_template(text, context);
  if (auto* expanded = std::get_if<std::string>(&result)) return std::move(*expanded);
  const auto& problem = std::get<TemplateProblem>(result);
  return "<error expanding template: " + std::to_string(problem.place.line) + ':' +
         std::to_string(problem.place.column) + ": " + problem.text + '>';
}

std::vector<TemplateProblem> check_template(std::string_view text) {
  auto result = guarded(text, [&] {
    static_cast<void>(parse_within(text, {}));
    return std::string();
  });
  if (auto* problem = std::get_if<TemplateProblem>(&result)) return {std::move(*problem)};
  return {};
}

}  // namespace kymo::KYMO_ABI::alert
