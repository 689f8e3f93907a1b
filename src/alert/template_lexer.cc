#include "template_lexer.h"

#include <algorithm>
#include <array>
#include <utility>

#include <kymo/base/ascii.h>
#include <kymo/base/utf8.h>
#include <kymo/query/quoting.h>

namespace kymo::KYMO_ABI::alert {
namespace {

constexpr std::string_view kBegin = "{{";
constexpr std::string_view kEnd = "}}";
constexpr std::string_view kTrimmed = " \t\r\n";
constexpr std::string_view kDigits = "0123456789_";
constexpr std::array<std::string_view, 10> kKeywords = {"block", "break", "continue", "define",   "else",
                                                        "end",   "if",    "range",    "template", "with"};

bool is_template_space(char c) { return kTrimmed.find(c) != std::string_view::npos; }

/// Bytes of the letter, digit or `_` in front; 0 for another character. All of Unicode outside ASCII counts
/// as letters: the names of fields are checked against the data anyway.
std::size_t word_character(std::string_view rest) {
  if (rest.empty()) return 0;
  if (static_cast<unsigned char>(rest.front()) >= 0x80) return base::utf8_length(rest);
  return base::is_alphanumeric(rest.front()) || rest.front() == '_' ? 1 : 0;
}

class Lexer final {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  [[nodiscard]] std::vector<Token> run() && {
    while (!is_done_) is_inside_ ? lex_action() : lex_text();
    return std::move(tokens_);
  }

 private:
  [[nodiscard]] std::string_view rest() const { return text_.substr(at_); }
  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  void emit(TokenKind kind, std::size_t begin) {
    tokens_.push_back({kind, begin, text_.substr(begin, at_ - begin)});
  }

  void fail(std::size_t begin, std::string fault) {
    tokens_.push_back({TokenKind::fault, begin, {}, std::move(fault)});
    is_done_ = true;
  }

  void lex_text() {
    const std::size_t begin = at_;
    const std::size_t found = text_.find(kBegin, begin);
    if (found == std::string_view::npos) {
      at_ = text_.size();
      if (at_ > begin) emit(TokenKind::text, begin);
      emit(TokenKind::end_of_text, at_);
      is_done_ = true;
      return;
    }
    const std::string_view behind = text_.substr(found + kBegin.size());
    const bool trims = behind.size() >= 2 && behind[0] == '-' && is_template_space(behind[1]);
    std::string_view before = text_.substr(begin, found - begin);
    if (trims) before = before.substr(0, before.find_last_not_of(kTrimmed) + 1);  // npos + 1 is 0
    if (!before.empty()) tokens_.push_back({TokenKind::text, begin, before});
    at_ = found + kBegin.size() + (trims ? 2 : 0);
    if (rest().starts_with("/*")) {
      lex_comment(found);
      return;
    }
    tokens_.push_back({TokenKind::begin, found, kBegin});
    is_inside_ = true;
    depth_ = 0;
  }

  void lex_comment(std::size_t begin) {
    const std::size_t end = text_.find("*/", at_ + 2);
    if (end == std::string_view::npos) {
      fail(begin, "a comment has no end; close it with \"*/}}\"");
      return;
    }
    at_ = end + 2;
    if (!end_action()) fail(at_, "something follows a comment; close the action right behind \"*/\"");
  }

  /// Takes `}}` or ` -}}`, with the spaces that the latter trims.
  bool end_action() {
    const std::string_view ahead = rest();
    const bool trims =
        !ahead.empty() && is_template_space(ahead.front()) && ahead.substr(1).starts_with("-}}");
    if (!trims && !ahead.starts_with(kEnd)) return false;
    at_ += trims ? 4 : 2;
    if (trims) at_ = std::min(text_.find_first_not_of(kTrimmed, at_), text_.size());
    return true;
  }

  void lex_action() {
    const std::size_t begin = at_;
    if (depth_ != 0 && (rest().starts_with(kEnd) || (at_ < text_.size() && is_template_space(peek()) &&
                                                     rest().substr(1).starts_with("-}}")))) {
      fail(begin, "a parenthesis is not closed; add \")\"");
    } else if (end_action()) {
      tokens_.push_back({TokenKind::end, begin, kEnd});
      is_inside_ = false;
    } else if (at_ == text_.size()) {
      fail(tokens_.back().at, "an action is not closed; add \"}}\"");
    } else {
      lex_token(begin);
    }
  }

  void lex_token(std::size_t begin) {
    const char c = text_[at_];
    if (is_template_space(c)) {
      lex_space(begin);
    } else if (c == '"' || c == '\'') {
      lex_quoted(begin, c);
    } else if (c == '`') {
      lex_raw(begin);
    } else if (c == '$') {
      lex_name(begin, TokenKind::variable);
    } else if (c == '.' && !(at_ + 1 < text_.size() && base::is_digit(text_[at_ + 1]))) {
      lex_name(begin, TokenKind::field);
    } else if (c == '.' || c == '+' || c == '-' || base::is_digit(c)) {
      lex_number(begin);
    } else if (word_character(rest()) != 0) {
      lex_word(begin);
    } else {
      lex_mark(begin, c);
    }
  }

  // A space in front of the trim marker belongs to it.
  void lex_space(std::size_t begin) {
    while (at_ < text_.size() && is_template_space(peek()) && !rest().substr(1).starts_with("-}}")) ++at_;
    if (at_ > begin) emit(TokenKind::space, begin);
  }

  void lex_quoted(std::size_t begin, char quote) {
    for (++at_; at_ < text_.size() && text_[at_] != '\n'; ++at_) {
      if (text_[at_] == quote) {
        ++at_;
        emit(quote == '"' ? TokenKind::string : TokenKind::character_constant, begin);
        return;
      }
      if (text_[at_] == '\\' && at_ + 1 < text_.size() && text_[at_ + 1] != '\n') ++at_;
    }
    fail(begin, quote == '"' ? "a string has no end; add the closing quote"
                             : "a character has no end; put texts in double quotes");
  }

  void lex_raw(std::size_t begin) {
    const std::size_t end = text_.find('`', at_ + 1);
    if (end == std::string_view::npos) {
      fail(begin, "a string has no end; add the closing backquote");
      return;
    }
    at_ = end + 1;
    emit(TokenKind::raw_string, begin);
  }

  [[nodiscard]] bool is_at_terminator() const {
    constexpr std::string_view kTerminators = " \t\r\n.,|:)(";
    return at_ == text_.size() || kTerminators.find(peek()) != std::string_view::npos ||
           rest().starts_with(kEnd);
  }

  void take_word() {
    while (const std::size_t length = word_character(rest())) at_ += length;
  }

  bool fail_unless_terminated() {
    if (is_at_terminator()) return false;
    fail(at_, query::quote(rest().substr(0, std::max<std::size_t>(base::utf8_length(rest()), 1))) +
                  " cannot stand behind a name; put a space between");
    return true;
  }

  /// `.`, `$`, `.name` or `$name`.
  void lex_name(std::size_t begin, TokenKind kind) {
    ++at_;
    if (is_at_terminator()) {
      emit(kind == TokenKind::field ? TokenKind::dot : kind, begin);
      return;
    }
    take_word();
    if (!fail_unless_terminated()) emit(kind, begin);
  }

  void lex_word(std::size_t begin) {
    take_word();
    if (fail_unless_terminated()) return;
    const std::string_view word = text_.substr(begin, at_ - begin);
    if (std::ranges::find(kKeywords, word) != kKeywords.end()) {
      emit(TokenKind::keyword, begin);
    } else if (word == "nil") {
      emit(TokenKind::nil, begin);
    } else {
      emit(word == "true" || word == "false" ? TokenKind::boolean : TokenKind::identifier, begin);
    }
  }

  void lex_number(std::size_t begin) {
    bool is_number = take_number();
    TokenKind kind = TokenKind::number;
    if (is_number && (peek() == '+' || peek() == '-')) {
      is_number = take_number() && text_[at_ - 1] == 'i';
      kind = TokenKind::complex_number;
    }
    if (is_number) {
      emit(kind, begin);
    } else {
      fail(begin, query::quote(text_.substr(begin, at_ - begin)) + " is no number; put texts in quotes");
    }
  }

  bool accept(std::string_view any) {
    if (at_ == text_.size() || any.find(text_[at_]) == std::string_view::npos) return false;
    ++at_;
    return true;
  }

  void accept_all(std::string_view any) {
    while (accept(any)) {
    }
  }

  bool take_number() {
    accept("+-");
    std::string_view digits = kDigits;
    std::string_view exponent = "eE";
    if (accept("0")) {
      if (accept("xX")) {
        digits = "0123456789abcdefABCDEF_";
        exponent = "pP";
      } else if (accept("oO")) {
        digits = "01234567_";
        exponent = "";
      } else if (accept("bB")) {
        digits = "01_";
        exponent = "";
      }
    }
    accept_all(digits);
    if (accept(".")) accept_all(digits);
    if (accept(exponent)) {
      accept("+-");
      accept_all(kDigits);
    }
    accept("i");
    const std::size_t more = word_character(rest());
    at_ += more;
    return more == 0;
  }

  void lex_mark(std::size_t begin, char c) {
    ++at_;
    if (c == '=') {
      emit(TokenKind::assign, begin);
    } else if (c == ':') {
      if (accept("=")) {
        emit(TokenKind::declare, begin);
      } else {
        fail(begin, "\":\" has no meaning here; declare a variable with \":=\"");
      }
    } else if (c == '|') {
      emit(TokenKind::pipe, begin);
    } else if (c == '(') {
      ++depth_;
      emit(TokenKind::open, begin);
    } else if (c == ')' && depth_ == 0) {
      fail(begin, "a parenthesis closes nothing; remove \")\"");
    } else if (c == ')') {
      --depth_;
      emit(TokenKind::close, begin);
    } else if (c > ' ' && c < '\x7F') {
      emit(TokenKind::character, begin);
    } else {
      fail(begin, query::quote(std::string_view(&c, 1)) + " has no meaning in an action; remove it");
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  bool is_inside_ = false;
  bool is_done_ = false;
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> lex_template(std::string_view text) { return Lexer(text).run(); }

}  // namespace kymo::KYMO_ABI::alert
