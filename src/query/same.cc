#include <algorithm>
#include <cmath>
#include <variant>

#include <kymo/query/expression.h>

namespace kymo::KYMO_ABI::query {
namespace {

bool is_same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

bool is_same(const std::optional<double>& a, const std::optional<double>& b) {
  return a.has_value() == b.has_value() && (!a || is_same(*a, *b));
}

bool is_same(const ExpressionPtr& a, const ExpressionPtr& b) {
  return (a == nullptr) == (b == nullptr) && (a == nullptr || same(*a, *b));
}

bool is_same(const Duration& a, const Duration& b);

bool is_same(const std::unique_ptr<const Duration>& a, const std::unique_ptr<const Duration>& b) {
  return (a == nullptr) == (b == nullptr) && (a == nullptr || is_same(*a, *b));
}

bool is_same(const Duration& a, const Duration& b) {
  return a.kind == b.kind && a.is_parenthesized == b.is_parenthesized && a.seconds == b.seconds &&
         is_same(a.left, b.left) && is_same(a.right, b.right);
}

bool is_same(const TimeShift& a, const TimeShift& b) {
  return a.at == b.at && a.at_milliseconds == b.at_milliseconds && is_same(a.offset, b.offset);
}

/// The printer sorts matchers, so their order does not count.
bool is_same(const std::vector<series::Matcher>& a, const std::vector<series::Matcher>& b) {
  return std::ranges::is_permutation(a, b, [](const series::Matcher& one, const series::Matcher& other) {
    return one.kind() == other.kind() && one.key() == other.key() && one.value() == other.value();
  });
}

bool is_same(const NumberLiteral& a, const NumberLiteral& b) { return is_same(a.value, b.value); }
bool is_same(const StringLiteral& a, const StringLiteral& b) { return a.value == b.value; }

bool is_same(const Selector& a, const Selector& b) {
  return a.name == b.name && a.edges == b.edges && is_same(a.shift, b.shift) &&
         is_same(a.matchers, b.matchers);
}

bool is_same(const RangeSelector& a, const RangeSelector& b) {
  return is_same(a.selector, b.selector) && is_same(a.range, b.range);
}

bool is_same(const Subquery& a, const Subquery& b) {
  return is_same(a.operand, b.operand) && is_same(a.range, b.range) &&
         a.step.has_value() == b.step.has_value() && (!a.step || is_same(*a.step, *b.step)) &&
         is_same(a.shift, b.shift);
}

bool is_same(const Parenthesized& a, const Parenthesized& b) { return is_same(a.operand, b.operand); }

bool is_same(const Unary& a, const Unary& b) {
  return a.is_negative == b.is_negative && is_same(a.operand, b.operand);
}

bool is_same(const VectorMatching& a, const VectorMatching& b) {
  return a.cardinality == b.cardinality && a.is_on == b.is_on && a.labels == b.labels &&
         a.include == b.include && is_same(a.fill_left, b.fill_left) && is_same(a.fill_right, b.fill_right);
}

bool is_same(const Binary& a, const Binary& b) {
  return a.op == b.op && a.returns_bool == b.returns_bool &&
         a.matching.has_value() == b.matching.has_value() &&
         (!a.matching || is_same(*a.matching, *b.matching)) && is_same(a.left, b.left) &&
         is_same(a.right, b.right);
}

bool is_same(const Aggregation& a, const Aggregation& b) {
  return a.op == b.op && a.is_without == b.is_without && a.labels == b.labels &&
         is_same(a.parameter, b.parameter) && is_same(a.operand, b.operand);
}

bool is_same(const Call& a, const Call& b) {
  return a.function == b.function &&
         std::ranges::equal(
             a.arguments, b.arguments,
             [](const ExpressionPtr& one, const ExpressionPtr& other) { return is_same(one, other); });
}

}  // namespace

bool same(const Expression& a, const Expression& b) {
  if (a.type != b.type || a.node.index() != b.node.index()) return false;
  return std::visit([&](const auto& node) { return is_same(node, *b.as<std::decay_t<decltype(node)>>()); },
                    a.node);
}

}  // namespace kymo::KYMO_ABI::query
