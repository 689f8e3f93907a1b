#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/query/expression.h>
#include <kymo/query/parser.h>

#include "lexer.h"

namespace kymo::KYMO_ABI::query {

/// Parses one text. Expressions, modifiers, selectors and durations have a source file each. Not
/// thread-safe. Errors: throws QueryError, and `std::bad_alloc`.
class QueryParser final {
 public:
  QueryParser(std::string_view text, const ParseOptions& options);

  [[nodiscard]] ExpressionPtr parse_query();
  [[nodiscard]] std::vector<series::Matcher> parse_one_selector();

 private:
  using Made = std::unique_ptr<Expression>;  ///< modifiers still change it

  /// Counts how deep the parser calls itself, so that no text overflows the stack.
  class Nesting final {
   public:
    explicit Nesting(QueryParser& parser);
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;
    ~Nesting() { --parser_.nesting_; }

   private:
    QueryParser& parser_;
  };

  // Tokens.
  void advance();
  [[nodiscard]] const Token& following();
  [[nodiscard]] bool is_at(Token::Kind kind) const noexcept { return current_.kind == kind; }
  [[nodiscard]] bool is_at_word(std::string_view word) const noexcept;
  [[nodiscard]] bool is_at_symbol(std::string_view text) const noexcept;
  [[nodiscard]] bool is_at_sign() const noexcept { return is_at_symbol("+") || is_at_symbol("-"); }
  [[nodiscard]] bool skip(Token::Kind kind);
  void expect(Token::Kind kind, std::string_view place, std::string_view wanted);
  [[nodiscard]] Span since(std::uint32_t begin) const noexcept { return {begin, end_of_last_}; }
  [[noreturn]] void fail(Span span, std::string_view cause, std::string_view remedy = {}) const;
  [[noreturn]] void fail_unexpected(std::string_view place, std::string_view wanted) const;
  void require_experimental(Span span, std::string_view what) const;

  // Expressions.
  [[nodiscard]] Made parse_binary(std::uint8_t least_precedence);
  [[nodiscard]] Made parse_signed();
  [[nodiscard]] Made parse_primary();
  [[nodiscard]] Made parse_parentheses();
  [[nodiscard]] Made parse_word();
  [[nodiscard]] Made parse_call(const Token& name);
  [[nodiscard]] Made parse_aggregation(const Token& name, const Aggregator& op);
  [[nodiscard]] bool parse_grouping(Aggregation& made);
  [[nodiscard]] std::vector<ExpressionPtr> parse_arguments(std::string_view callee);
  [[nodiscard]] Made make(Expression::Node node, ValueType type, Span span,
                          std::uint16_t depth_below = 0) const;

  // Modifiers of binary operators.
  void parse_modifiers(Binary& made);
  void parse_matching(Binary& made);
  void parse_fill(VectorMatching& matching);
  [[nodiscard]] double parse_fill_value();
  [[nodiscard]] bool is_at_fill(std::string_view word);
  [[nodiscard]] std::vector<std::string> parse_labels();
  [[nodiscard]] Made join(Binary made, Made left, Made right);
  void settle_matching(Binary& made, bool are_vectors, Span span) const;

  // Selectors, ranges, and the modifiers of both.
  [[nodiscard]] Made parse_selector_from(std::string_view name, std::uint32_t begin);
  [[nodiscard]] std::vector<series::Matcher> parse_matchers();
  [[nodiscard]] series::Matcher parse_matcher();
  [[nodiscard]] series::Matcher parse_condition(std::string key);
  [[nodiscard]] Made parse_suffixes(Made operand);
  [[nodiscard]] Made parse_range(Made operand);
  [[nodiscard]] Made make_range(Made operand, Duration range, Span bracket);
  void parse_offset(Expression& operand);
  void parse_at(Expression& operand);
  [[nodiscard]] double parse_timestamp();
  void parse_edges(Expression& operand);
  [[nodiscard]] TimeShift& shift_of(Expression& operand, std::string_view modifier) const;

  // Durations.
  [[nodiscard]] Duration parse_range_duration();
  [[nodiscard]] Duration parse_offset_duration();
  [[nodiscard]] Duration parse_duration(std::uint8_t least_precedence);
  [[nodiscard]] Duration continue_duration(Duration left, std::uint8_t least_precedence);
  [[nodiscard]] Duration parse_signed_duration();
  [[nodiscard]] Duration parse_duration_primary();
  [[nodiscard]] Duration parse_duration_word();
  [[nodiscard]] Duration parse_duration_literal();
  [[nodiscard]] Duration apply_sign(const Token& sign, Duration operand);
  [[nodiscard]] bool is_at_duration_word() const noexcept;

  std::string_view text_;
  ParseOptions options_;
  Lexer lexer_;
  Token current_;
  std::optional<Token> following_;
  std::uint32_t end_of_last_ = 0;
  std::uint16_t nesting_ = 0;
  std::uint32_t duration_parts_ = 0;  ///< of the duration at hand
};

/// Checks what the grammar does not: types, numbers of arguments, matchers. Errors: throws QueryError.
void check(const Expression& expression, std::string_view text);

/// Value of a number or duration token, in seconds.
[[nodiscard]] double value_of(const Token& token);

}  // namespace kymo::KYMO_ABI::query
