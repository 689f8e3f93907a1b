#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <kymo/query/vocabulary.h>
#include <kymo/series/matcher.h>

/// A query as a tree. Nobody changes a tree after the parser returned it. Threads: any, to read.
namespace kymo::KYMO_ABI::query {

/// A part of the query's text, in bytes; `end` is excluded.
struct Span {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  friend bool operator==(const Span&, const Span&) = default;
};

struct Expression;
using ExpressionPtr = std::unique_ptr<const Expression>;

/// A length of time in a range, a step or an offset: a number of seconds, or a calculation.
struct Duration {
  enum class Kind : std::uint8_t {
    literal,
    step,   ///< `step()`, the step of the query
    range,  ///< `range()`, the end of the query less its start
    negate,
    /// A sign that changes nothing. Behind `offset` it ends the calculation: `x offset +(5m) - 1`.
    plus,
    add,
    subtract,
    multiply,
    divide,
    modulo,
    power,
    min_of,
    max_of,
  };

  Kind kind = Kind::literal;
  bool is_duration = false;       ///< a literal with a unit (`90s`), not a number (`90`)
  bool is_parenthesized = false;  ///< the printer needs it
  Span span;
  double seconds = 0;                     ///< of a literal
  std::unique_ptr<const Duration> left;   ///< null for `negate` and `plus`
  std::unique_ptr<const Duration> right;  ///< the operand of `negate` and `plus`

  [[nodiscard]] bool is_literal() const noexcept { return kind == Kind::literal; }
};

/// `@` and `offset` of a selector or subquery.
struct TimeShift {
  enum class At : std::uint8_t { evaluation, time, start, end };

  At at = At::evaluation;
  std::int64_t at_milliseconds = 0;  ///< since 1970, for At::time
  std::unique_ptr<const Duration> offset;
};

/// Which samples around the borders of a range count.
enum class RangeEdges : std::uint8_t { plain, anchored, smoothed };

struct NumberLiteral {
  double value = 0;
  bool is_duration = false;  ///< written with a unit (`90s`); the value is in seconds
};

struct StringLiteral {
  std::string value;
};

/// An instant vector selector, and the selector inside a range.
struct Selector {
  std::string name;  ///< the name before the braces; empty where there is none
  /// All conditions, that of `name` among them, last.
  std::vector<series::Matcher> matchers;
  TimeShift shift;
  RangeEdges edges = RangeEdges::plain;
};

struct RangeSelector {
  Selector selector;
  Duration range;
};

struct Subquery {
  ExpressionPtr operand;
  Duration range;
  std::optional<Duration> step;  ///< none: the default of the engine
  TimeShift shift;
};

struct Parenthesized {
  ExpressionPtr operand;
};

struct Unary {
  bool is_negative = false;
  ExpressionPtr operand;
};

enum class Cardinality : std::uint8_t { one_to_one, many_to_one, one_to_many, many_to_many };

/// How the series of two vectors find each other.
struct VectorMatching {
  Cardinality cardinality = Cardinality::one_to_one;
  bool is_on = false;  ///< `on`, not `ignoring`
  std::vector<std::string> labels;
  std::vector<std::string> include;  ///< labels of `group_left` and `group_right`
  std::optional<double> fill_left;
  std::optional<double> fill_right;
};

struct Binary {
  const BinaryOperator* op = nullptr;
  Span op_span;
  bool returns_bool = false;
  std::optional<VectorMatching> matching;  ///< only between two vectors
  ExpressionPtr left;
  ExpressionPtr right;
};

struct Aggregation {
  const Aggregator* op = nullptr;
  bool is_without = false;
  std::vector<std::string> labels;
  ExpressionPtr parameter;  ///< null where the aggregator has none
  ExpressionPtr operand;
};

struct Call {
  const Function* function = nullptr;
  std::vector<ExpressionPtr> arguments;
};

struct Expression {
  using Node = std::variant<NumberLiteral, StringLiteral, Selector, RangeSelector, Subquery, Parenthesized,
                            Unary, Binary, Aggregation, Call>;

  ValueType type = ValueType::scalar;
  /// Levels of the tree below and with this node.
  std::uint16_t depth = 1;
  Span span;
  Node node;

  template <class Kind>
  [[nodiscard]] const Kind* as() const noexcept {
    return std::get_if<Kind>(&node);
  }
};

/// Whether two trees mean the same. Positions do not count, and NaN equals NaN.
[[nodiscard]] bool same(const Expression& a, const Expression& b);

}  // namespace kymo::KYMO_ABI::query
