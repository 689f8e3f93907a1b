#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/query/expression.h>

namespace kymo::KYMO_ABI::query {

/// Why a query has no meaning. The text has the cause, the position as `line:column`, and the remedy.
/// Threads: as of std::invalid_argument.
class QueryError final : public std::invalid_argument {
 public:
  QueryError(const std::string& text, Span span) : std::invalid_argument(text), span_(span) {}

  [[nodiscard]] Span span() const noexcept { return span_; }

 private:
  Span span_;
};

struct ParseOptions {
  /// Longest text, in bytes.
  std::size_t max_bytes = 1024 * 1024;
  /// Deepest tree. A chain such as `a + b + c` is as deep as it has operators.
  std::uint16_t max_depth = 500;
  /// Takes experimental functions and aggregators, `anchored`, `smoothed` and `fill`.
  bool takes_experimental = false;
};

/// Parses a query and checks its types. Threads: any. Cost: linear in the text; each `=~` compiles its
/// expression. Errors: throws QueryError, and `std::bad_alloc`.
/// Source: Prometheus 3.14, "Querying basics", "Operators", "Query functions".
[[nodiscard]] ExpressionPtr parse(std::string_view text, const ParseOptions& options = {});

/// Parses one selector, such as `match[]` of the HTTP API has. Threads, cost, errors: as parse().
[[nodiscard]] std::vector<series::Matcher> parse_selector(std::string_view text,
                                                          const ParseOptions& options = {});

/// The position of a byte as `line:column`, both from 1. Columns count characters.
[[nodiscard]] std::string position_text(std::string_view text, std::uint32_t at);

}  // namespace kymo::KYMO_ABI::query
