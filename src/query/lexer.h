#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <kymo/query/expression.h>

namespace kymo::KYMO_ABI::query {

struct Token {
  enum class Kind : std::uint8_t {
    end,
    word,         ///< a name or a keyword, which one the parser knows
    metric_word,  ///< a name with a colon
    number,
    duration,
    string,  ///< with its quotes
    left_parenthesis,
    right_parenthesis,
    left_brace,
    right_brace,
    left_bracket,
    right_bracket,
    comma,
    colon,
    at,
    equal,      ///< `=`
    match,      ///< `=~`
    not_match,  ///< `!~`
    binary,     ///< a binary operator that is no word
  };

  Kind kind = Kind::end;
  Span span;
  std::string_view text;
};

using TokenKind = Token::Kind;

/// Splits a query into tokens, one at a time. Braces hold label names, so no keyword and no colon; brackets
/// hold durations, so `:` is a token of its own. `text` must outlive the lexer. Not thread-safe.
class Lexer final {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  /// The next token; Kind::end at the end, as often as asked. Errors: throws QueryError.
  [[nodiscard]] Token next();

  /// The first byte after the last token.
  [[nodiscard]] std::uint32_t position() const noexcept { return at_; }

 private:
  [[nodiscard]] char peek(std::uint32_t ahead = 0) const noexcept {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  void skip_blanks();
  [[nodiscard]] Token make(TokenKind kind, std::uint32_t length);
  [[nodiscard]] Token read_word();
  [[nodiscard]] Token read_number();
  [[nodiscard]] Token read_string();
  [[nodiscard]] Token read_symbol();
  [[nodiscard]] std::uint32_t number_length() const noexcept;
  [[nodiscard]] std::uint32_t duration_length() const noexcept;

  std::string_view text_;
  std::uint32_t at_ = 0;
  bool in_braces_ = false;
  bool in_brackets_ = false;
};

/// Value of a number token: decimal, hexadecimal (`0x1F`) or octal (`017`), with `_` between digits. Nothing
/// where it is malformed or too large. Threads: any.
[[nodiscard]] std::optional<double> parse_number_token(std::string_view text);

/// Throws a QueryError: `<cause> at <line>:<column>; <remedy>`.
[[noreturn]] void throw_error(std::string_view query, Span span, std::string_view cause,
                              std::string_view remedy);

}  // namespace kymo::KYMO_ABI::query
