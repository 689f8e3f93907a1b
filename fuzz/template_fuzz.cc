#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string_view>

#include <kymo/alert/template.h>

/// Any bytes give a text within the limit, or a problem with a place in the template. A template that does
/// not parse never expands.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  kymo::alert::TemplateContext context;
  context.labels = {{"job", "voice"}, {"instance", "a.example.com:9100"}};
  context.external_url = "http://kymo:8080";
  context.value = 0.25;
  context.now_ms = 1'435'065'584'128;
  context.limits.most_steps = 20'000;
  context.limits.most_output = 10'000;
  context.query = [](std::string_view expression) -> std::vector<kymo::alert::TemplateSample> {
    if (expression == "bad") throw std::invalid_argument("no such query");
    return {{{{"host", "b"}}, 2}, {{{"host", "a"}}, 1}};
  };
  const auto problems = kymo::alert::check_template(text);
  const auto result = kymo::alert::expand_template(text, context);
  if (const auto* expanded = std::get_if<std::string>(&result)) {
    if (!problems.empty() || expanded->size() > context.limits.most_output) std::abort();
    return 0;
  }
  const auto& problem = std::get<kymo::alert::TemplateProblem>(result);
  if (problem.text.empty() || problem.at > size || problem.place.line == 0 || problem.place.column == 0)
    std::abort();
  return 0;
}
