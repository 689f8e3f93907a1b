// Expands the templates on standard input, each ended by NUL, and prints the texts in the same way.
// Usage: template_answers VALUE URL LABEL=VALUE… -- SAMPLE:LABEL=VALUE…
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/alert/template.h>
#include <kymo/base/parse_number.h>

namespace {

kymo::series::LabelSet with_pair(const kymo::series::LabelSet& labels, std::string_view pair) {
  const std::size_t mark = pair.find('=');
  return labels.with(pair.substr(0, mark), pair.substr(mark + 1));
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  kymo::alert::TemplateContext context;
  context.value = kymo::base::parse_number<double>(arguments.at(0)).value_or(0);
  context.external_url = arguments.at(1);
  std::vector<kymo::alert::TemplateSample> samples;
  bool is_sample = false;
  for (std::size_t at = 2; at < arguments.size(); ++at) {
    const std::string& one = arguments[at];
    if (one == "--") {
      is_sample = true;
    } else if (!is_sample) {
      context.labels = with_pair(context.labels, one);
    } else {
      const std::size_t mark = one.find(':');
      samples.push_back(
          {with_pair({{"__name__", "s"}}, one.substr(mark + 1)), std::strtod(one.c_str(), nullptr)});
    }
  }
  context.query = [&](std::string_view expression) {
    return expression == "none" ? std::vector<kymo::alert::TemplateSample>() : samples;
  };
  const std::string input{std::istreambuf_iterator<char>(std::cin), {}};
  for (std::size_t begin = 0; begin < input.size();) {
    const std::size_t end = std::min(input.find('\0', begin), input.size());
    std::cout << kymo::alert::expand_or_explain(std::string_view(input).substr(begin, end - begin), context)
              << '\0';
    begin = end + 1;
  }
  return 0;
}
