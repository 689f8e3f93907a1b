// Functions of the labels of a vector.
#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include <kymo/base/utf8.h>
#include <kymo/query/quoting.h>

#include "order.h"
#include "pattern.h"
#include "vector_functions.h"

namespace kymo::KYMO_ABI::query {
namespace {

void check_label(const QueryContext& context, const Call& node, std::size_t place, std::string_view role) {
  const std::string& name = text_argument(node, place);
  if (!name.empty() && base::is_utf8(name)) return;
  context.fail(
      "invalid " + std::string(role) + " label name in " + std::string(node.function->name) + "(): " + name,
      inner(*node.arguments[place]).span, "name a label with UTF-8 characters");
}

/// Gives each series a label, then joins those that became equal. `value`: nothing leaves the series as it
/// is.
template <class Value>
void set_label(Evaluator& evaluator, const Call& node, const Evaluator::Consumer& consumer, Value value) {
  const std::string& to = text_argument(node, 1);
  const Expression& operand = *node.arguments.front();
  std::vector<EvalSeries> changed = evaluator.all(operand);
  for (EvalSeries& series : changed) {
    const std::optional<std::string> text = value(series.labels);
    if (!text) continue;
    series.labels = series.labels.with(to, *text);
    if (to == series::kNameLabel) series.drops_name = false;
  }
  for (EvalSeries& series : evaluator.joined(std::move(changed), inner(operand).span)) {
    evaluator.emit(std::move(series), consumer);
  }
}

void evaluate_label_replace(Evaluator& evaluator, const Expression&, const Call& node,
                            const Evaluator::Consumer& consumer) {
  const std::string& replacement = text_argument(node, 2);
  const std::string& from = text_argument(node, 3);
  const std::string& expression = text_argument(node, 4);
  std::string fault;
  const auto replacer = LabelReplacer::compile(expression, fault);
  if (replacer == nullptr) {
    evaluator.context().fail("invalid regular expression in label_replace(): " + expression,
                             inner(*node.arguments[4]).span, fault);
  }
  check_label(evaluator.context(), node, 1, "destination");
  set_label(evaluator, node, consumer,
            [&](const series::LabelSet& labels) { return replacer->expand(labels.get(from), replacement); });
}

void evaluate_label_join(Evaluator& evaluator, const Expression&, const Call& node,
                         const Evaluator::Consumer& consumer) {
  for (std::size_t i = 3; i < node.arguments.size(); ++i) check_label(evaluator.context(), node, i, "source");
  check_label(evaluator.context(), node, 1, "destination");
  const std::string& separator = text_argument(node, 2);
  set_label(evaluator, node, consumer, [&](const series::LabelSet& labels) -> std::optional<std::string> {
    std::string text;
    for (std::size_t i = 3; i < node.arguments.size(); ++i) {
      if (i > 3) text += separator;
      text += labels.get(text_argument(node, i));
    }
    return text;
  });
}

template <bool is_descending>
void evaluate_sort_by_label(Evaluator& evaluator, const Expression& expression, const Call& node,
                            const Evaluator::Consumer& consumer) {
  if (evaluator.grid().count > 1) evaluator.context().notes().add(Note::sort_in_range_query, expression.span);
  std::vector<EvalSeries> sorted = evaluator.all(*node.arguments.front());
  const auto is_before = [&](const EvalSeries& a, const EvalSeries& b) {
    for (std::size_t i = 1; i < node.arguments.size(); ++i) {
      const std::string& key = text_argument(node, i);
      const std::string_view left = a.labels.get(key);
      const std::string_view right = b.labels.get(key);
      if (left != right) return is_naturally_less(left, right);
    }
    return a.labels < b.labels;
  };
  std::ranges::stable_sort(sorted, [&](const EvalSeries& a, const EvalSeries& b) {
    return is_descending ? is_before(b, a) : is_before(a, b);
  });
  for (EvalSeries& series : sorted) evaluator.emit(std::move(series), consumer);
}

using LabelRow = std::pair<std::string_view, VectorFunction>;
constexpr std::array kLabelFunctions = {
    LabelRow{"info", evaluate_info},
    LabelRow{"label_join", evaluate_label_join},
    LabelRow{"label_replace", evaluate_label_replace},
    LabelRow{"sort_by_label", evaluate_sort_by_label<false>},
    LabelRow{"sort_by_label_desc", evaluate_sort_by_label<true>},
};

}  // namespace

VectorFunction find_label_function(std::string_view name) noexcept {
  const auto found = std::ranges::find(kLabelFunctions, name, &LabelRow::first);
  return found == kLabelFunctions.end() ? nullptr : found->second;
}

}  // namespace kymo::KYMO_ABI::query
