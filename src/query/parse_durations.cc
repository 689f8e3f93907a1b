// Durations of ranges, steps and offsets, which may be calculated.
#include <array>
#include <cmath>
#include <utility>

#include "query_parser.h"

namespace kymo::KYMO_ABI::query {
namespace {

constexpr std::array<std::pair<std::string_view, Duration::Kind>, 6> kCalculations = {{
    {"+", Duration::Kind::add},
    {"-", Duration::Kind::subtract},
    {"*", Duration::Kind::multiply},
    {"/", Duration::Kind::divide},
    {"%", Duration::Kind::modulo},
    {"^", Duration::Kind::power},
}};

const std::pair<std::string_view, Duration::Kind>* calculation_of(const Token& token) {
  for (const auto& one : kCalculations) {
    if (token.kind == TokenKind::binary && token.text == one.first) return &one;
  }
  return nullptr;
}

Duration signed_duration(Duration::Kind kind, Duration operand) {
  Duration made;
  made.kind = kind;
  made.span = operand.span;
  made.right = std::make_unique<const Duration>(std::move(operand));
  return made;
}

/// The printer writes such literals with units, whatever the query had.
void prefer_units(Duration& duration) {
  constexpr double kMillisecondsPerSecond = 1000;
  if (!duration.is_literal() || duration.is_parenthesized) return;
  const double milliseconds = duration.seconds * kMillisecondsPerSecond;
  const double whole = std::round(milliseconds);
  duration.is_duration = milliseconds == whole && whole / kMillisecondsPerSecond == duration.seconds;
}

}  // namespace

Duration QueryParser::parse_range_duration() {
  duration_parts_ = 0;
  Duration made = parse_duration(kLowestPrecedence);
  if (made.is_literal() && !made.is_parenthesized && made.seconds <= 0) {
    fail(made.span, "duration that is not above 0", "write one such as 5m");
  }
  prefer_units(made);
  return made;
}

/// A single value ends an offset, so `x offset 5m + 1` adds to the vector. As in Prometheus, calculations go
/// on behind parentheses.
Duration QueryParser::parse_offset_duration() {
  duration_parts_ = 0;
  Duration made;
  if (is_at_sign()) {
    const Token sign = current_;
    advance();
    const bool is_single = !is_at_sign();
    made = apply_sign(sign, is_single ? parse_duration_primary() : parse_duration(kPowerPrecedence));
    // Without the sign, the printer's text would go on behind the parentheses.
    if (is_single && sign.text == "+" && made.is_parenthesized)
      made = signed_duration(Duration::Kind::plus, std::move(made));
    if (!is_single) made = continue_duration(std::move(made), kLowestPrecedence);
  } else {
    const bool is_single = !is_at(TokenKind::left_parenthesis);
    made = is_single ? parse_duration_primary() : parse_duration(kLowestPrecedence);
  }
  prefer_units(made);
  return made;
}

Duration QueryParser::parse_duration(std::uint8_t least_precedence) {
  const Nesting nesting(*this);
  return continue_duration(parse_signed_duration(), least_precedence);
}

Duration QueryParser::continue_duration(Duration left, std::uint8_t least_precedence) {
  while (const auto* const calculation = calculation_of(current_)) {
    const BinaryOperator& op = *find_operator(calculation->first);
    if (op.precedence < least_precedence) break;
    const Span op_span = current_.span;
    advance();
    const int above = op.precedence + (op.is_right_associative ? 0 : 1);
    Duration right = parse_duration(static_cast<std::uint8_t>(above));
    const bool divides =
        calculation->second == Duration::Kind::divide || calculation->second == Duration::Kind::modulo;
    if (divides && right.is_literal() && !right.is_parenthesized && right.seconds == 0) {
      fail(op_span, "division by zero in a duration", "divide by another number");
    }
    Duration made;
    made.kind = calculation->second;
    made.span = {left.span.begin, right.span.end};
    made.left = std::make_unique<const Duration>(std::move(left));
    made.right = std::make_unique<const Duration>(std::move(right));
    left = std::move(made);
  }
  return left;
}

Duration QueryParser::parse_signed_duration() {
  if (!is_at_sign()) return parse_duration_primary();
  const Token sign = current_;
  advance();
  return apply_sign(sign, parse_duration(kPowerPrecedence));
}

Duration QueryParser::apply_sign(const Token& sign, Duration operand) {
  const Span span{sign.span.begin, operand.span.end};
  if (sign.text == "+") {
    operand.span = span;
    return operand;
  }
  if (operand.is_literal() && !operand.is_parenthesized) {
    operand.seconds = -operand.seconds;
    operand.span = span;
    return operand;
  }
  operand.span = span;
  return signed_duration(Duration::Kind::negate, std::move(operand));
}

bool QueryParser::is_at_duration_word() const noexcept {
  return is_at_word("step") || is_at_word("range") || is_at_word("min_of") || is_at_word("max_of");
}

Duration QueryParser::parse_duration_primary() {
  // Each part is a level of the tree at worst.
  if (++duration_parts_ > options_.max_depth) {
    fail(current_.span, "duration of more than " + std::to_string(options_.max_depth) + " parts",
         "calculate it first");
  }
  if (is_at(TokenKind::number) || is_at(TokenKind::duration)) return parse_duration_literal();
  if (is_at_duration_word()) return parse_duration_word();
  const std::uint32_t begin = current_.span.begin;
  expect(TokenKind::left_parenthesis, "duration", "a duration, a number, step(), range() or \"(\"");
  Duration made = parse_duration(kLowestPrecedence);
  expect(TokenKind::right_parenthesis, "duration", "an operator or \")\"");
  made.is_parenthesized = true;
  made.span = since(begin);
  return made;
}

Duration QueryParser::parse_duration_literal() {
  constexpr double kMostSeconds = 9'223'372'036;
  Duration made;
  made.is_duration = is_at(TokenKind::duration);
  made.span = current_.span;
  made.seconds = value_of(current_);
  if (!(made.seconds <= kMostSeconds)) fail(current_.span, "duration out of range", "write at most 292y");
  advance();
  return made;
}

Duration QueryParser::parse_duration_word() {
  Duration made;
  const std::uint32_t begin = current_.span.begin;
  const bool is_pair = is_at_word("min_of") || is_at_word("max_of");
  if (is_pair) {
    made.kind = is_at_word("min_of") ? Duration::Kind::min_of : Duration::Kind::max_of;
  } else {
    made.kind = is_at_word("step") ? Duration::Kind::step : Duration::Kind::range;
  }
  advance();
  expect(TokenKind::left_parenthesis, "duration", "\"(\"");
  if (is_pair) {
    made.left = std::make_unique<const Duration>(parse_duration(kLowestPrecedence));
    expect(TokenKind::comma, "duration", "\",\"");
    made.right = std::make_unique<const Duration>(parse_duration(kLowestPrecedence));
  }
  expect(TokenKind::right_parenthesis, "duration", "\")\"");
  made.span = since(begin);
  return made;
}

}  // namespace kymo::KYMO_ABI::query
