#include "query_parser.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include <kymo/base/ascii.h>
#include <kymo/base/utf8.h>
#include <kymo/query/duration_text.h>
#include <kymo/query/quoting.h>

namespace kymo::KYMO_ABI::query {
namespace {

/// Words that are no names of metrics.
constexpr std::array<std::string_view, 6> kReserved = {"atan2",       "bool",     "group_left",
                                                       "group_right", "ignoring", "on"};

bool is_reserved(std::string_view word) {
  return std::ranges::any_of(kReserved,
                             [&](std::string_view one) { return base::equals_ignoring_case(one, word); });
}

std::string describe(const Token& token) {
  constexpr std::size_t kLongestToken = 40;
  if (token.kind == TokenKind::end) return "end of the query";
  const std::string_view shown = base::cut_utf8(token.text, kLongestToken);
  return quote(shown) + (shown.size() < token.text.size() ? "…" : "");
}

}  // namespace

QueryParser::Nesting::Nesting(QueryParser& parser) : parser_(parser) {
  if (parser.nesting_ >= parser.options_.max_depth) {
    parser.fail(parser.current_.span,
                "query deeper than " + std::to_string(parser.options_.max_depth) + " levels",
                "split the query, or raise the limit on its depth");
  }
  ++parser.nesting_;
}

QueryParser::QueryParser(std::string_view text, const ParseOptions& options)
    : text_(text), options_(options), lexer_(text) {
  const std::size_t most =
      std::min<std::size_t>(options.max_bytes, std::numeric_limits<std::uint32_t>::max() / 2);
  if (text.size() > most) {
    throw QueryError(
        "query of " + std::to_string(text.size()) + " bytes; the limit is " + std::to_string(most), {});
  }
  current_ = lexer_.next();
}

ExpressionPtr QueryParser::parse_query() {
  if (is_at(TokenKind::end))
    fail(current_.span, "empty query", "write an expression such as rate(x_total[5m])");
  Made made = parse_binary(kLowestPrecedence);
  if (!is_at(TokenKind::end)) fail_unexpected("query", "an operator or the end");
  check(*made, text_);
  return made;
}

std::vector<series::Matcher> QueryParser::parse_one_selector() {
  const std::uint32_t begin = current_.span.begin;
  std::string_view name;
  if (is_at(TokenKind::metric_word) || (is_at(TokenKind::word) && !is_reserved(current_.text))) {
    name = current_.text;
    advance();
  } else if (!is_at(TokenKind::left_brace)) {
    fail_unexpected("selector", "a name of a metric or \"{\"");
  }
  Made made = parse_selector_from(name, begin);
  if (!is_at(TokenKind::end)) fail_unexpected("selector", "its end");
  check(*made, text_);
  return std::move(std::get<Selector>(made->node).matchers);
}

void QueryParser::advance() {
  end_of_last_ = current_.span.end;
  current_ = following_ ? *std::exchange(following_, std::nullopt) : lexer_.next();
}

const Token& QueryParser::following() {
  if (!following_) following_ = lexer_.next();
  return *following_;
}

bool QueryParser::is_at_word(std::string_view word) const noexcept {
  return is_at(TokenKind::word) && base::equals_ignoring_case(current_.text, word);
}

bool QueryParser::is_at_symbol(std::string_view text) const noexcept {
  return is_at(TokenKind::binary) && current_.text == text;
}

bool QueryParser::skip(TokenKind kind) {
  if (!is_at(kind)) return false;
  advance();
  return true;
}

void QueryParser::expect(TokenKind kind, std::string_view place, std::string_view wanted) {
  if (!skip(kind)) fail_unexpected(place, wanted);
}

void QueryParser::fail(Span span, std::string_view cause, std::string_view remedy) const {
  throw_error(text_, span, cause, remedy);
}

void QueryParser::fail_unexpected(std::string_view place, std::string_view wanted) const {
  fail(current_.span, "unexpected " + describe(current_) + " in " + std::string(place),
       "expected " + std::string(wanted));
}

void QueryParser::require_experimental(Span span, std::string_view what) const {
  if (!options_.takes_experimental) {
    fail(span, std::string(what) + " is experimental", "turn experimental PromQL on to use it");
  }
}

QueryParser::Made QueryParser::make(Expression::Node node, ValueType type, Span span,
                                    std::uint16_t depth_below) const {
  if (depth_below >= options_.max_depth) {
    fail(span, "query deeper than " + std::to_string(options_.max_depth) + " levels",
         "split the query, or raise the limit on its depth");
  }
  auto made = std::make_unique<Expression>();
  made->type = type;
  made->depth = static_cast<std::uint16_t>(depth_below + 1);
  made->span = span;
  made->node = std::move(node);
  return made;
}

QueryParser::Made QueryParser::parse_binary(std::uint8_t least_precedence) {
  const Nesting nesting(*this);
  Made left = parse_signed();
  while (is_at(TokenKind::binary) || is_at(TokenKind::word)) {
    const BinaryOperator* const op = find_operator(current_.text);
    if (op == nullptr || op->precedence < least_precedence) break;
    Binary made;
    made.op = op;
    made.op_span = current_.span;
    advance();
    parse_modifiers(made);
    const int above = op->precedence + (op->is_right_associative ? 0 : 1);
    Made right = parse_binary(static_cast<std::uint8_t>(above));
    left = join(std::move(made), std::move(left), std::move(right));
  }
  return left;
}

QueryParser::Made QueryParser::parse_signed() {
  if (!is_at_sign()) return parse_suffixes(parse_primary());
  const bool is_negative = is_at_symbol("-");
  const std::uint32_t begin = current_.span.begin;
  advance();
  Made operand = parse_binary(kPowerPrecedence);
  if (auto* const number = std::get_if<NumberLiteral>(&operand->node)) {
    if (is_negative) number->value = -number->value;
    operand->span.begin = begin;
    return operand;
  }
  const ValueType type = operand->type;
  const Span span{begin, operand->span.end};
  const std::uint16_t depth = operand->depth;
  return make(Unary{is_negative, std::move(operand)}, type, span, depth);
}

QueryParser::Made QueryParser::parse_primary() {
  const Token token = current_;
  switch (token.kind) {
    case TokenKind::number:
    case TokenKind::duration:
      advance();
      return make(NumberLiteral{value_of(token), token.kind == TokenKind::duration}, ValueType::scalar,
                  token.span);
    case TokenKind::string: {
      advance();
      std::string_view fault;
      return make(StringLiteral{unquote(token.text, fault).value_or("")}, ValueType::string, token.span);
    }
    case TokenKind::left_parenthesis: return parse_parentheses();
    case TokenKind::left_brace: return parse_selector_from({}, token.span.begin);
    case TokenKind::metric_word: advance(); return parse_selector_from(token.text, token.span.begin);
    case TokenKind::word: return parse_word();
    default: fail_unexpected("expression", "a metric, a function, a number or \"(\"");
  }
}

QueryParser::Made QueryParser::parse_parentheses() {
  const std::uint32_t begin = current_.span.begin;
  advance();
  Made operand = parse_binary(kLowestPrecedence);
  expect(TokenKind::right_parenthesis, "parentheses", "an operator or \")\"");
  const ValueType type = operand->type;
  const std::uint16_t depth = operand->depth;
  return make(Parenthesized{std::move(operand)}, type, since(begin), depth);
}

/// A word begins an aggregation or a call, or is the name of a metric. The next token tells which.
QueryParser::Made QueryParser::parse_word() {
  const Token word = current_;
  if (is_reserved(word.text)) {
    fail_unexpected("expression",
                    "a metric; a metric of this name is written {\"" + std::string(word.text) + "\"}");
  }
  advance();
  const Aggregator* const aggregator = find_aggregator(word.text);
  const bool opens = is_at(TokenKind::left_parenthesis);
  if (aggregator != nullptr && (opens || is_at_word("by") || is_at_word("without"))) {
    return parse_aggregation(word, *aggregator);
  }
  return opens ? parse_call(word) : parse_selector_from(word.text, word.span.begin);
}

QueryParser::Made QueryParser::parse_call(const Token& name) {
  const Function* const function = find_function(name.text);
  if (function == nullptr) {
    const std::string near = nearest_function(name.text);
    fail(name.span, "unknown function " + quote(base::cut_utf8(name.text, 64)),
         near.empty() ? "the reference of PromQL lists all functions" : "did you mean " + quote(near) + "?");
  }
  if (function->is_experimental) require_experimental(name.span, "function " + quote(name.text));
  Call call;
  call.function = function;
  call.arguments = parse_arguments(name.text);
  std::uint16_t depth = 0;
  for (const ExpressionPtr& one : call.arguments) depth = std::max(depth, one->depth);
  return make(std::move(call), function->result, since(name.span.begin), depth);
}

std::vector<ExpressionPtr> QueryParser::parse_arguments(std::string_view callee) {
  const std::string place = "arguments of " + std::string(callee);
  expect(TokenKind::left_parenthesis, place, "\"(\"");
  std::vector<ExpressionPtr> arguments;
  if (skip(TokenKind::right_parenthesis)) return arguments;
  while (true) {
    arguments.push_back(parse_binary(kLowestPrecedence));
    if (skip(TokenKind::right_parenthesis)) return arguments;
    expect(TokenKind::comma, place, "\",\" or \")\"");
    if (is_at(TokenKind::right_parenthesis))
      fail_unexpected(place, "one more argument, or no comma before it");
  }
}

QueryParser::Made QueryParser::parse_aggregation(const Token& name, const Aggregator& op) {
  if (op.is_experimental) require_experimental(name.span, "aggregator " + quote(op.name));
  Aggregation made;
  made.op = &op;
  const bool has_grouping = parse_grouping(made);
  std::vector<ExpressionPtr> arguments = parse_arguments(op.name);
  if (!has_grouping) static_cast<void>(parse_grouping(made));
  const std::size_t wanted = op.has_parameter ? 2 : 1;
  if (arguments.size() != wanted) {
    fail(since(name.span.begin), quote(op.name) + " with " + std::to_string(arguments.size()) + " arguments",
         op.has_parameter ? "write a parameter and an instant vector" : "write one instant vector");
  }
  std::uint16_t depth = arguments.back()->depth;
  made.operand = std::move(arguments.back());
  if (op.has_parameter) {
    depth = std::max(depth, arguments.front()->depth);
    made.parameter = std::move(arguments.front());
  }
  return make(std::move(made), ValueType::vector, since(name.span.begin), depth);
}

/// Whether there was `by (…)` or `without (…)`.
bool QueryParser::parse_grouping(Aggregation& made) {
  const bool is_without = is_at_word("without");
  if (!is_without && !is_at_word("by")) return false;
  advance();
  made.is_without = is_without;
  made.labels = parse_labels();
  return true;
}

double value_of(const Token& token) {
  constexpr double kMillisecondsPerSecond = 1000;
  if (token.kind == TokenKind::duration) {
    return static_cast<double>(parse_milliseconds(token.text).value_or(0)) / kMillisecondsPerSecond;
  }
  return parse_number_token(token.text).value_or(0);
}

ExpressionPtr parse(std::string_view text, const ParseOptions& options) {
  return QueryParser(text, options).parse_query();
}

std::vector<series::Matcher> parse_selector(std::string_view text, const ParseOptions& options) {
  return QueryParser(text, options).parse_one_selector();
}

}  // namespace kymo::KYMO_ABI::query
