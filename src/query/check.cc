// Rules beyond the grammar: types, numbers of arguments, matchers that must not be empty.
#include <algorithm>
#include <string>
#include <variant>

#include <kymo/query/quoting.h>
#include <kymo/series/label_set.h>

#include "query_parser.h"

namespace kymo::KYMO_ABI::query {
namespace {

class Checker {
 public:
  explicit Checker(std::string_view text) : text_(text) {}

  void check(const Expression& expression) const {
    std::visit([&](const auto& node) { check_node(expression, node); }, expression.node);
  }

 private:
  [[noreturn]] void fail(Span span, const std::string& cause, std::string_view remedy) const {
    throw_error(text_, span, cause, remedy);
  }

  void expect(const Expression& expression, ValueType wanted, const std::string& place) const {
    check(expression);
    if (expression.type == wanted) return;
    fail(expression.span, std::string(text_of(expression.type)) + " in " + place,
         "expected " + std::string(text_of(wanted)));
  }

  void check_node(const Expression&, const NumberLiteral&) const {}
  void check_node(const Expression&, const StringLiteral&) const {}
  void check_node(const Expression&, const Parenthesized& node) const { check(*node.operand); }
  void check_node(const Expression& expression, const Selector& node) const {
    check_selector(expression, node, true);
  }
  void check_node(const Expression& expression, const RangeSelector& node) const {
    check_selector(expression, node.selector, true);
  }
  void check_node(const Expression&, const Subquery& node) const {
    expect(*node.operand, ValueType::vector, "a subquery");
  }

  void check_node(const Expression&, const Unary& node) const {
    check(*node.operand);
    const ValueType type = node.operand->type;
    if (type != ValueType::scalar && type != ValueType::vector) {
      fail(node.operand->span, std::string(text_of(type)) + " behind a sign",
           "expected scalar or instant vector");
    }
  }

  void check_node(const Expression& expression, const Binary& node) const {
    check_side(*node.left, *node.op);
    check_side(*node.right, *node.op);
    const bool compares = node.op->kind == OperatorKind::comparison;
    if (node.returns_bool && !compares) {
      fail(node.op_span, "bool behind " + quote(node.op->text), "use it with == != < <= > >= only");
    }
    const bool are_scalars = expression.type == ValueType::scalar;
    if (compares && are_scalars && !node.returns_bool) {
      fail(node.op_span, "comparison of two scalars without bool",
           "write " + std::string(node.op->text) + " bool");
    }
    if (node.op->kind == OperatorKind::set && !node.matching) {
      fail(expression.span, quote(node.op->text) + " beside a scalar", "use it between instant vectors");
    }
  }

  void check_side(const Expression& side, const BinaryOperator& op) const {
    check(side);
    if (side.type == ValueType::scalar || side.type == ValueType::vector) return;
    fail(side.span, std::string(text_of(side.type)) + " beside " + quote(op.text),
         "expected scalar or instant vector");
  }

  void check_node(const Expression&, const Aggregation& node) const {
    const std::string place = "aggregator " + quote(node.op->name);
    expect(*node.operand, ValueType::vector, place);
    if (node.parameter != nullptr) expect(*node.parameter, node.op->parameter, "the parameter of " + place);
  }

  void check_node(const Expression& expression, const Call& node) const {
    const Function& function = *node.function;
    const std::size_t count = node.arguments.size();
    const bool has_limit = function.most_arguments != Function::kUnlimited;
    if (count < function.least_arguments || (has_limit && count > function.most_arguments)) {
      fail(expression.span, quote(function.name) + " with " + std::to_string(count) + " arguments",
           "expected " + wanted_count(function));
    }
    const bool is_info = function.name == "info";
    for (std::size_t i = 0; i < count; ++i) {
      if (is_info && i == 1) {
        check_info_selector(*node.arguments[i]);
      } else {
        expect(*node.arguments[i], function.type_at(i), "a call of " + quote(function.name));
      }
    }
  }

  static std::string wanted_count(const Function& function) {
    std::string least = std::to_string(function.least_arguments);
    if (function.most_arguments == Function::kUnlimited) return "at least " + least;
    if (function.most_arguments == function.least_arguments) return least;
    return least + " to " + std::to_string(function.most_arguments);
  }

  /// The second argument chooses labels of info metrics, so it may match every series.
  void check_info_selector(const Expression& argument) const {
    const auto* const selector = argument.as<Selector>();
    if (selector == nullptr || !selector->name.empty()) {
      fail(argument.span, "second argument of \"info\" that is no list of labels",
           "write one such as {k8s_pod=~\".+\"}");
    }
    check_selector(argument, *selector, false);
  }

  void check_selector(const Expression& expression, const Selector& selector, bool must_narrow) const {
    const auto& matchers = selector.matchers;
    if (!selector.name.empty()) {
      const auto names = std::ranges::count(matchers, series::kNameLabel, &series::Matcher::key);
      if (names > 1) {
        fail(expression.span, "metric with two names, " + quote(selector.name) + " among them",
             "write the name before the braces or in them");
      }
      return;
    }
    const bool narrows =
        std::ranges::any_of(matchers, [](const series::Matcher& one) { return !one.matches(""); });
    if (must_narrow && !narrows) {
      fail(expression.span, "selector of all series",
           "name a metric, or add a matcher that refuses the empty value");
    }
  }

  std::string_view text_;
};

}  // namespace

void check(const Expression& expression, std::string_view text) { Checker(text).check(expression); }

}  // namespace kymo::KYMO_ABI::query
