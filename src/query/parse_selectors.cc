// Selectors, ranges and subqueries, and their modifiers: offset, @, anchored, smoothed.
#include <algorithm>
#include <cmath>
#include <utility>

#include <kymo/query/quoting.h>
#include <kymo/series/label_set.h>

#include "pattern.h"
#include "query_parser.h"

namespace kymo::KYMO_ABI::query {

QueryParser::Made QueryParser::parse_selector_from(std::string_view name, std::uint32_t begin) {
  Selector made;
  made.name = name;
  if (is_at(TokenKind::left_brace)) made.matchers = parse_matchers();
  if (!name.empty()) {
    made.matchers.push_back(series::Matcher::equal(std::string(series::kNameLabel), std::string(name)));
  }
  return make(std::move(made), ValueType::vector, since(begin));
}

std::vector<series::Matcher> QueryParser::parse_matchers() {
  std::vector<series::Matcher> matchers;
  advance();
  while (!skip(TokenKind::right_brace)) {
    matchers.push_back(parse_matcher());
    if (skip(TokenKind::comma) || is_at(TokenKind::right_brace)) continue;
    fail_unexpected("selector", "\",\" or \"}\"");
  }
  return matchers;
}

series::Matcher QueryParser::parse_matcher() {
  const Token key = current_;
  if (key.kind == TokenKind::word) {
    advance();
    return parse_condition(std::string(key.text));
  }
  if (key.kind != TokenKind::string) fail_unexpected("selector", "a label, a quoted name or \"}\"");
  advance();
  std::string_view fault;
  std::string name = unquote(key.text, fault).value_or("");
  if (is_at(TokenKind::comma) || is_at(TokenKind::right_brace)) {
    return series::Matcher::equal(std::string(series::kNameLabel), std::move(name));
  }
  return parse_condition(std::move(name));
}

series::Matcher QueryParser::parse_condition(std::string key) {
  const Token op = current_;
  const bool is_not_equal = is_at_symbol("!=");
  const bool is_pattern = is_at(TokenKind::match) || is_at(TokenKind::not_match);
  if (!is_not_equal && !is_pattern && !is_at(TokenKind::equal))
    fail_unexpected("selector", "one of = != =~ !~");
  advance();
  if (!is_at(TokenKind::string)) fail_unexpected("selector", "a value in quotes");
  const Span span = current_.span;
  std::string_view malformed;
  std::string value = unquote(current_.text, malformed).value_or("");
  advance();
  if (is_not_equal) return series::Matcher::not_equal(std::move(key), std::move(value));
  if (!is_pattern) return series::Matcher::equal(std::move(key), std::move(value));
  std::string fault;
  auto pattern = compile_pattern(value, fault);
  if (pattern == nullptr) {
    fail(span, "malformed regular expression, " + fault, "see the syntax of RE2, or use = and !=");
  }
  return op.kind == TokenKind::match
             ? series::Matcher::match(std::move(key), std::move(value), std::move(pattern))
             : series::Matcher::not_match(std::move(key), std::move(value), std::move(pattern));
}

QueryParser::Made QueryParser::parse_suffixes(Made operand) {
  while (true) {
    if (is_at(TokenKind::left_bracket)) {
      operand = parse_range(std::move(operand));
    } else if (is_at(TokenKind::at)) {
      parse_at(*operand);
    } else if (is_at_word("offset")) {
      parse_offset(*operand);
    } else if (is_at_word("anchored") || is_at_word("smoothed")) {
      parse_edges(*operand);
    } else {
      return operand;
    }
    operand->span.end = end_of_last_;
  }
}

QueryParser::Made QueryParser::parse_range(Made operand) {
  const std::uint32_t bracket = current_.span.begin;
  const std::uint32_t begin = operand->span.begin;
  advance();
  Duration range = parse_range_duration();
  if (skip(TokenKind::right_bracket)) return make_range(std::move(operand), std::move(range), since(bracket));
  expect(TokenKind::colon, "range", "\"]\", or \":\" and the step of a subquery");
  Subquery made;
  made.range = std::move(range);
  if (!is_at(TokenKind::right_bracket)) made.step = parse_range_duration();
  expect(TokenKind::right_bracket, "subquery", "\"]\"");
  const std::uint16_t depth = operand->depth;
  made.operand = std::move(operand);
  return make(std::move(made), ValueType::matrix, since(begin), depth);
}

QueryParser::Made QueryParser::make_range(Made operand, Duration range, Span bracket) {
  auto* const selector = std::get_if<Selector>(&operand->node);
  if (selector == nullptr) {
    fail(bracket, "range behind an expression", "add a colon for a subquery, such as [5m:]");
  }
  if (selector->shift.offset != nullptr)
    fail(bracket, "offset before the range", "move it behind the bracket");
  if (selector->shift.at != TimeShift::At::evaluation)
    fail(bracket, "@ before the range", "move it behind the bracket");
  RangeSelector made{std::move(*selector), std::move(range)};
  return make(std::move(made), ValueType::matrix, since(operand->span.begin));
}

TimeShift& QueryParser::shift_of(Expression& operand, std::string_view modifier) const {
  if (auto* const selector = std::get_if<Selector>(&operand.node)) return selector->shift;
  if (auto* const range = std::get_if<RangeSelector>(&operand.node)) return range->selector.shift;
  if (auto* const subquery = std::get_if<Subquery>(&operand.node)) return subquery->shift;
  fail(current_.span, quote(modifier) + " behind an expression", "write it behind a selector or a subquery");
}

void QueryParser::parse_offset(Expression& operand) {
  TimeShift& shift = shift_of(operand, "offset");
  const Span span = current_.span;
  advance();
  Duration offset = parse_offset_duration();
  if (shift.offset != nullptr) fail(span, "two offsets", "keep one");
  const bool is_nothing = offset.is_literal() && !offset.is_parenthesized && offset.seconds == 0;
  if (!is_nothing) shift.offset = std::make_unique<const Duration>(std::move(offset));
}

void QueryParser::parse_at(Expression& operand) {
  TimeShift& shift = shift_of(operand, "@");
  if (shift.at != TimeShift::At::evaluation) fail(current_.span, "two times behind @", "keep one");
  advance();
  if (is_at_word("start") || is_at_word("end")) {
    shift.at = is_at_word("start") ? TimeShift::At::start : TimeShift::At::end;
    advance();
    expect(TokenKind::left_parenthesis, "@", "\"()\"");
    expect(TokenKind::right_parenthesis, "@", "\")\"");
    return;
  }
  constexpr double kMillisecondsPerSecond = 1000;
  shift.at = TimeShift::At::time;
  shift.at_milliseconds = std::llround(parse_timestamp() * kMillisecondsPerSecond);
}

double QueryParser::parse_timestamp() {
  // Up to here a double tells milliseconds apart.
  constexpr double kMostSeconds = 8e12;
  const bool is_negative = is_at_symbol("-");
  if (is_at_sign()) advance();
  if (!is_at(TokenKind::number) && !is_at(TokenKind::duration))
    fail_unexpected("@", "seconds since 1970, start() or end()");
  const double value = value_of(current_);
  if (!(value <= kMostSeconds)) fail(current_.span, "time behind @ out of range", "write seconds since 1970");
  advance();
  return is_negative ? -value : value;
}

void QueryParser::parse_edges(Expression& operand) {
  const bool is_anchored = is_at_word("anchored");
  const Span span = current_.span;
  require_experimental(span, is_anchored ? "the modifier anchored" : "the modifier smoothed");
  auto* selector = std::get_if<Selector>(&operand.node);
  if (auto* const range = std::get_if<RangeSelector>(&operand.node)) selector = &range->selector;
  if (selector == nullptr) {
    fail(span, quote(current_.text) + " behind an expression", "write it behind a selector");
  }
  const RangeEdges wanted = is_anchored ? RangeEdges::anchored : RangeEdges::smoothed;
  if (selector->edges != RangeEdges::plain && selector->edges != wanted) {
    fail(span, "anchored and smoothed together", "keep one");
  }
  selector->edges = wanted;
  advance();
}

}  // namespace kymo::KYMO_ABI::query
