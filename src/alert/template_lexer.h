#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::alert {

enum class TokenKind : std::uint8_t {
  text,
  begin,  ///< `{{`
  end,    ///< `}}`
  space,
  assign,   ///< `=`
  declare,  ///< `:=`
  pipe,
  open,
  close,
  character,  ///< a mark of no other kind, such as `,`
  character_constant,
  complex_number,
  number,
  boolean,
  string,
  raw_string,
  dot,
  field,  ///< with its `.`
  variable,
  identifier,
  keyword,
  nil,
  fault,  ///< the last token; `fault` says why
  end_of_text
};

struct Token {
  TokenKind kind = TokenKind::end_of_text;
  std::size_t at = 0;
  std::string_view text;
  std::string fault{};

  [[nodiscard]] bool is_keyword(std::string_view word) const noexcept {
    return kind == TokenKind::keyword && text == word;
  }
};

/// The tokens of a template, up to the first fault. Views point into `text`. Threads: any. Cost: linear.
[[nodiscard]] std::vector<Token> lex_template(std::string_view text);

}  // namespace kymo::KYMO_ABI::alert
