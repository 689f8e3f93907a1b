// Modifiers of binary operators: bool, on, ignoring, group_left, group_right, fill.
#include <algorithm>
#include <utility>

#include <kymo/base/ascii.h>
#include <kymo/base/utf8.h>
#include <kymo/query/quoting.h>

#include "query_parser.h"

namespace kymo::KYMO_ABI::query {

void QueryParser::parse_modifiers(Binary& made) {
  made.matching.emplace();
  if (is_at_word("bool")) {
    made.returns_bool = true;
    advance();
  }
  if (is_at_word("on") || is_at_word("ignoring")) parse_matching(made);
  parse_fill(*made.matching);
}

void QueryParser::parse_matching(Binary& made) {
  VectorMatching& matching = *made.matching;
  matching.is_on = is_at_word("on");
  advance();
  matching.labels = parse_labels();
  const bool is_left = is_at_word("group_left");
  if (!is_left && !is_at_word("group_right")) return;
  advance();
  matching.cardinality = is_left ? Cardinality::many_to_one : Cardinality::one_to_many;
  if (is_at(TokenKind::left_parenthesis)) matching.include = parse_labels();
}

/// Metrics may have these names, so `(` must follow.
bool QueryParser::is_at_fill(std::string_view word) {
  return is_at_word(word) && following().kind == TokenKind::left_parenthesis;
}

void QueryParser::parse_fill(VectorMatching& matching) {
  const Span span = current_.span;
  if (is_at_fill("fill")) {
    matching.fill_left = matching.fill_right = parse_fill_value();
  } else if (is_at_fill("fill_left")) {
    matching.fill_left = parse_fill_value();
    if (is_at_fill("fill_right")) matching.fill_right = parse_fill_value();
  } else if (is_at_fill("fill_right")) {
    matching.fill_right = parse_fill_value();
    if (is_at_fill("fill_left")) matching.fill_left = parse_fill_value();
  } else {
    return;
  }
  require_experimental(span, "the modifier fill");
}

double QueryParser::parse_fill_value() {
  advance();
  expect(TokenKind::left_parenthesis, "fill", "\"(\"");
  const bool is_negative = is_at_symbol("-");
  if (is_at_sign()) advance();
  if (!is_at(TokenKind::number) && !is_at(TokenKind::duration)) fail_unexpected("fill", "a number");
  const double value = value_of(current_);
  advance();
  expect(TokenKind::right_parenthesis, "fill", "\")\"");
  return is_negative ? -value : value;
}

std::vector<std::string> QueryParser::parse_labels() {
  constexpr std::string_view kPlace = "list of labels";
  expect(TokenKind::left_parenthesis, kPlace, "\"(\"");
  std::vector<std::string> labels;
  while (!skip(TokenKind::right_parenthesis)) {
    // `inf` and `nan` are numbers elsewhere; here they are labels.
    const bool is_word = is_at(TokenKind::word) || is_at(TokenKind::metric_word) ||
                         (is_at(TokenKind::number) && base::is_letter(current_.text.front()));
    if (!is_word && !is_at(TokenKind::string)) fail_unexpected(kPlace, "a label or \")\"");
    std::string_view fault;
    labels.push_back(is_word ? std::string(current_.text) : unquote(current_.text, fault).value_or(""));
    if (labels.back().empty() || !base::is_utf8(labels.back())) {
      fail(current_.span, "invalid label " + quote(labels.back()), "name a label with UTF-8 characters");
    }
    advance();
    if (skip(TokenKind::comma) || is_at(TokenKind::right_parenthesis)) continue;
    fail_unexpected(kPlace, "\",\" or \")\"");
  }
  return labels;
}

QueryParser::Made QueryParser::join(Binary made, Made left, Made right) {
  const bool are_vectors = left->type == ValueType::vector && right->type == ValueType::vector;
  const bool are_scalars = left->type == ValueType::scalar && right->type == ValueType::scalar;
  const Span span{left->span.begin, right->span.end};
  settle_matching(made, are_vectors, span);
  const std::uint16_t depth = std::max(left->depth, right->depth);
  made.left = std::move(left);
  made.right = std::move(right);
  return make(std::move(made), are_scalars ? ValueType::scalar : ValueType::vector, span, depth);
}

void QueryParser::settle_matching(Binary& made, bool are_vectors, Span span) const {
  VectorMatching& matching = *made.matching;
  for (const std::string& label : matching.labels) {
    if (matching.is_on && std::ranges::find(matching.include, label) != matching.include.end()) {
      fail(made.op_span, "label " + quote(label) + " in on() and in group_left() or group_right()",
           "name the label in one of them");
    }
  }
  const bool fills = matching.fill_left || matching.fill_right;
  if (!are_vectors) {
    if (!matching.labels.empty())
      fail(span, "on or ignoring beside a scalar", "use it between instant vectors");
    if (fills) fail(span, "fill beside a scalar", "use it between instant vectors");
    made.matching.reset();
    return;
  }
  if (made.op->kind != OperatorKind::set) return;
  if (matching.cardinality != Cardinality::one_to_one) {
    fail(span, "group_left or group_right with " + quote(made.op->text), "remove the modifier");
  }
  if (fills) fail(span, "fill with " + quote(made.op->text), "remove the modifier");
  matching.cardinality = Cardinality::many_to_many;
}

}  // namespace kymo::KYMO_ABI::query
