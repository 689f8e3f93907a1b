#include "lexer.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <utility>

#include <kymo/base/ascii.h>
#include <kymo/base/parse_number.h>
#include <kymo/base/utf8.h>
#include <kymo/query/duration_text.h>
#include <kymo/query/parser.h>
#include <kymo/query/quoting.h>

namespace kymo::KYMO_ABI::query {
namespace {

constexpr bool begins_word(char c) { return base::is_letter(c) || c == '_'; }
constexpr bool continues_word(char c) { return base::is_alphanumeric(c) || c == '_'; }

/// Symbols that end no longer one, the longer first.
constexpr std::array<std::pair<std::string_view, TokenKind>, 26> kSymbols = {{
    {"=~", TokenKind::match},
    {"!~", TokenKind::not_match},
    {"==", TokenKind::binary},
    {"!=", TokenKind::binary},
    {"<=", TokenKind::binary},
    {">=", TokenKind::binary},
    {"</", TokenKind::binary},
    {">/", TokenKind::binary},
    {"<", TokenKind::binary},
    {">", TokenKind::binary},
    {"+", TokenKind::binary},
    {"-", TokenKind::binary},
    {"*", TokenKind::binary},
    {"/", TokenKind::binary},
    {"%", TokenKind::binary},
    {"^", TokenKind::binary},
    {"=", TokenKind::equal},
    {"(", TokenKind::left_parenthesis},
    {")", TokenKind::right_parenthesis},
    {"{", TokenKind::left_brace},
    {"}", TokenKind::right_brace},
    {"[", TokenKind::left_bracket},
    {"]", TokenKind::right_bracket},
    {",", TokenKind::comma},
    {":", TokenKind::colon},
    {"@", TokenKind::at},
}};

/// `_` may stand between two digits only.
bool has_good_underscores(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') continue;
    const bool is_between =
        i > 0 && i + 1 < text.size() && base::is_hex_digit(text[i - 1]) && base::is_hex_digit(text[i + 1]);
    if (!is_between) return false;
  }
  return true;
}

std::optional<double> parse_integer(std::string_view digits, int base) {
  const auto number = base::parse_number<std::uint64_t>(digits, base);
  return number ? std::optional(static_cast<double>(*number)) : std::nullopt;
}

}  // namespace

std::string position_text(std::string_view text, std::uint32_t at) {
  const std::string_view before = text.substr(0, at);
  const std::size_t line = static_cast<std::size_t>(std::ranges::count(before, '\n')) + 1;
  const std::size_t begin = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  const std::string_view row = before.substr(begin);
  const auto characters =
      std::ranges::count_if(row, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
  return std::to_string(line) + ":" + std::to_string(characters + 1);
}

void throw_error(std::string_view query, Span span, std::string_view cause, std::string_view remedy) {
  std::string text(cause);
  text.append(" at ").append(position_text(query, span.begin));
  if (!remedy.empty()) text.append("; ").append(remedy);
  throw QueryError(text, span);
}

std::optional<double> parse_number_token(std::string_view text) {
  constexpr int kHexadecimal = 16;
  constexpr int kOctal = 8;
  if (base::equals_ignoring_case(text, "inf")) return std::numeric_limits<double>::infinity();
  if (base::equals_ignoring_case(text, "nan")) return std::numeric_limits<double>::quiet_NaN();
  const bool is_hexadecimal = text.starts_with("0x") || text.starts_with("0X");
  std::string digits(is_hexadecimal ? text.substr(2) : text);
  // `0x_1F` has its first underscore behind the prefix.
  if (is_hexadecimal && digits.starts_with('_')) digits.erase(0, 1);
  if (!has_good_underscores(digits)) return std::nullopt;
  std::erase(digits, '_');
  if (is_hexadecimal) return parse_integer(digits, kHexadecimal);
  if (digits.size() > 1 && digits.front() == '0') {
    if (const auto octal = parse_integer(digits, kOctal)) return octal;
  }
  return base::parse_number<double>(digits);
}

void Lexer::skip_blanks() {
  while (at_ < text_.size()) {
    if (base::kWhitespace.find(text_[at_]) != std::string_view::npos) {
      ++at_;
    } else if (text_[at_] == '#') {
      at_ = static_cast<std::uint32_t>(std::min(text_.find_first_of("\r\n", at_), text_.size()));
    } else {
      return;
    }
  }
}

Token Lexer::make(TokenKind kind, std::uint32_t length) {
  const Token token{kind, {at_, at_ + length}, text_.substr(at_, length)};
  at_ += length;
  return token;
}

Token Lexer::next() {
  skip_blanks();
  if (at_ == text_.size()) return {TokenKind::end, {at_, at_}, {}};
  const char c = peek();
  if (begins_word(c) || (c == ':' && !in_brackets_ && !in_braces_)) return read_word();
  if (base::is_digit(c) || (c == '.' && base::is_digit(peek(1)))) return read_number();
  if (c == '"' || c == '\'' || c == '`') return read_string();
  return read_symbol();
}

Token Lexer::read_word() {
  const bool takes_colon = !in_braces_ && !in_brackets_;
  std::uint32_t length = 0;
  bool has_colon = false;
  while (continues_word(peek(length)) || (takes_colon && peek(length) == ':')) {
    has_colon = has_colon || peek(length) == ':';
    ++length;
  }
  const std::string_view word = text_.substr(at_, length);
  const bool is_number = base::equals_ignoring_case(word, "inf") || base::equals_ignoring_case(word, "nan");
  if (is_number && !in_braces_) return make(TokenKind::number, length);
  return make(has_colon ? TokenKind::metric_word : TokenKind::word, length);
}

/// `1`, `1.`, `.5`, `1e-3`, `0x1F`, with underscores, which parse_number_token() checks.
std::uint32_t Lexer::number_length() const noexcept {
  const bool is_hexadecimal = peek() == '0' && base::to_lower(peek(1)) == 'x';
  std::uint32_t length = is_hexadecimal ? 2 : 0;
  const auto take = [&](auto fits) {
    while (fits(peek(length)) || peek(length) == '_') ++length;
  };
  if (is_hexadecimal) {
    take(base::is_hex_digit);
    return length;
  }
  take(base::is_digit);
  if (peek(length) == '.') {
    ++length;
    take(base::is_digit);
  }
  if (base::to_lower(peek(length)) == 'e') {
    ++length;
    if (peek(length) == '+' || peek(length) == '-') ++length;
    take(base::is_digit);
  }
  return length;
}

std::uint32_t Lexer::duration_length() const noexcept {
  std::uint32_t length = 0;
  while (continues_word(peek(length))) ++length;
  return length;
}

Token Lexer::read_number() {
  const std::uint32_t length = number_length();
  if (!continues_word(peek(length)) && peek(length) != '.') {
    const Token token = make(TokenKind::number, length);
    if (!parse_number_token(token.text)) {
      throw_error(text_, token.span, "malformed number \"" + std::string(token.text) + "\"",
                  "write a number such as 12.5, 1e-3 or 0x1F, at most 1.8e308");
    }
    return token;
  }
  const Token token = make(TokenKind::duration, std::max(duration_length(), 1U));
  if (!parse_milliseconds(token.text)) {
    throw_error(text_, token.span, "malformed number or duration \"" + std::string(token.text) + "\"",
                "write a duration such as 1h30m: whole numbers, units y w d h m s ms in this order");
  }
  return token;
}

Token Lexer::read_string() {
  const char quote = peek();
  std::uint32_t length = 1;
  while (at_ + length < text_.size() && peek(length) != quote && (quote == '`' || peek(length) != '\n')) {
    length += peek(length) == '\\' && quote != '`' ? 2 : 1;
  }
  if (at_ + length >= text_.size() || peek(length) != quote) {
    throw_error(text_, {at_, at_ + 1}, "text without an end", "add the closing quote on the same line");
  }
  Token token = make(TokenKind::string, length + 1);
  std::string_view fault;
  if (!base::is_utf8(token.text)) {
    throw_error(text_, token.span, "text that is not UTF-8", "write such bytes as \\xNN");
  }
  if (!unquote(token.text, fault)) throw_error(text_, token.span, "text that " + std::string(fault), "");
  return token;
}

Token Lexer::read_symbol() {
  const std::string_view rest = text_.substr(at_);
  const auto found =
      std::ranges::find_if(kSymbols, [&](const auto& one) { return rest.starts_with(one.first); });
  if (found == kSymbols.end()) {
    const std::size_t length = std::max<std::size_t>(base::utf8_length(rest), 1);
    throw_error(text_, {at_, at_ + static_cast<std::uint32_t>(length)},
                "unexpected character " + quote(rest.substr(0, length)),
                "put names with such characters in quotes and braces");
  }
  switch (found->second) {
    case TokenKind::left_brace: in_braces_ = true; break;
    case TokenKind::right_brace: in_braces_ = false; break;
    case TokenKind::left_bracket: in_brackets_ = true; break;
    case TokenKind::right_bracket: in_brackets_ = false; break;
    default: break;
  }
  return make(found->second, static_cast<std::uint32_t>(found->first.size()));
}

}  // namespace kymo::KYMO_ABI::query
