#include "function_name.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

#include <kymo/base/ascii.h>

namespace kymo::KYMO_ABI::profile {
namespace {

constexpr std::size_t kNowhere = std::string_view::npos;
constexpr std::size_t kDeepest = 128;

constexpr bool is_identifier(char c) noexcept {
  return base::is_alphanumeric(c) || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}
constexpr char closing_of(char open) noexcept {
  return open == '(' ? ')' : open == '[' ? ']' : open == '{' ? '}' : open == '<' ? '>' : '\0';
}
constexpr bool is_closing(char c) noexcept { return c == ')' || c == ']' || c == '}' || c == '>'; }

template <std::size_t N>
std::string_view prefix_in(const std::array<std::string_view, N>& prefixes, std::string_view text) noexcept {
  for (const std::string_view prefix : prefixes) {
    if (text.starts_with(prefix)) return prefix;
  }
  return {};
}

// The longest first.
constexpr auto kOperators = std::to_array<std::string_view>(
    {"<=>", "<<=", ">>=", "->*", "()", "[]", "->", "++", "--", "<<", ">>", "<=", ">=",
     "==",  "!=",  "&&",  "||",  "+=", "-=", "*=", "/=", "%=", "^=", "&=", "|=", "+",
     "-",   "*",   "/",   "%",   "^",  "&",  "|",  "~",  "!",  "=",  "<",  ">",  ","});
constexpr auto kNamedOperators = std::to_array<std::string_view>({"new", "delete", "co_await"});
/// Before parentheses that belong to a type.
constexpr auto kTypeOperators = std::to_array<std::string_view>(
    {"decltype", "__decltype", "typeof", "__typeof__", "_BitInt", "__vector", "__attribute__"});
/// Parts of a name in parentheses. Other parentheses hold a pointer, a reference or parameters.
constexpr auto kUnnamed =
    std::to_array<std::string_view>({"(anonymous ", "(unnamed ", "(lambda at ", "(lambda)"});
constexpr auto kQualifiers =
    std::to_array<std::string_view>({" const", " volatile", " &&", " &", " noexcept", " mutable", " static"});

/// Reads from left to right up to the parameters of the function itself. Words before the name are its return
/// type. A name goes on after parameters if "::" follows, as for a lambda in a function.
class NameReader final {
 public:
  explicit NameReader(std::string_view text) noexcept : text_(text) {}

  /// Nothing: no compiler writes such a text.
  [[nodiscard]] std::optional<std::string_view> read() noexcept;

 private:
  [[nodiscard]] std::string_view rest(std::size_t at) const noexcept { return text_.substr(at); }
  [[nodiscard]] std::string_view word() const noexcept { return text_.substr(begin_, at_ - begin_); }
  [[nodiscard]] bool is_keyword(std::size_t at, std::string_view keyword) const noexcept;
  void begin_word(std::size_t at) noexcept {
    if (!word().empty()) last_word_ = word();
    begin_ = at_ = at;
  }

  [[nodiscard]] std::size_t after_literal(std::size_t at) const noexcept;
  [[nodiscard]] std::size_t after_brackets(std::size_t at) const noexcept;
  [[nodiscard]] std::size_t after_qualifiers(std::size_t at) const noexcept;
  [[nodiscard]] bool is_rest_of_name(std::size_t at) const noexcept;
  [[nodiscard]] std::size_t after_constraint(std::size_t at) const noexcept;

  void pass_operator() noexcept;
  void pass_conversion() noexcept;
  [[nodiscard]] bool is_end_of_lambda() const noexcept;
  [[nodiscard]] bool is_end_at_parentheses() noexcept;

  const std::string_view text_;
  std::size_t at_ = 0;
  std::size_t begin_ = 0;  ///< of the word that may be the name
  std::size_t lambda_end_ = kNowhere;
  std::string_view last_word_;
};

bool NameReader::is_keyword(std::size_t at, std::string_view keyword) const noexcept {
  if (!rest(at).starts_with(keyword) || (at > 0 && is_identifier(text_[at - 1]))) return false;
  const std::size_t end = at + keyword.size();
  return end == text_.size() || !is_identifier(text_[end]);
}

/// An apostrophe without a near end begins no character.
std::size_t NameReader::after_literal(std::size_t at) const noexcept {
  constexpr std::size_t kLongestCharacter = 13;  // '\U0010FFFF', with a prefix
  const char quote = text_[at];
  const std::size_t end = quote == '"' ? text_.size() : std::min(text_.size(), at + kLongestCharacter);
  for (std::size_t i = at + 1; i < end; ++i) {
    if (text_[i] == '\\') {
      ++i;
    } else if (text_[i] == quote && i > at + 1) {
      return i + 1;
    }
  }
  return at + 1;
}

/// The position after the bracket that closes the one at `at`. In parentheses, "<" and ">" are comparisons.
std::size_t NameReader::after_brackets(std::size_t at) const noexcept {
  std::array<char, kDeepest> open{};
  std::size_t depth = 0;
  while (at < text_.size()) {
    const char c = text_[at];
    if (c == '\'' || c == '"') {
      at = after_literal(at);
      continue;
    }
    const bool in_angles = depth == 0 || open[depth - 1] == '>';
    if (in_angles && rest(at).starts_with("->")) {
      at += 2;
      continue;
    }
    if (depth > 0 && c == open[depth - 1]) {
      if (--depth == 0) return at + 1;
    } else if (const char close = closing_of(c); close != '\0' && (c != '<' || in_angles)) {
      if (depth == kDeepest) return kNowhere;
      open[depth++] = close;
    }
    ++at;
  }
  return kNowhere;
}

std::size_t NameReader::after_qualifiers(std::size_t at) const noexcept {
  for (;;) {
    const std::string_view qualifier = prefix_in(kQualifiers, rest(at));
    if (qualifier.empty()) return at;
    at += qualifier.size();
  }
}

/// True if the rest of the text is "::Local::function(int) const".
bool NameReader::is_rest_of_name(std::size_t at) const noexcept {
  char last = '\0';
  while (at < text_.size() && text_[at] != ' ') {
    const char c = text_[at];
    const bool opens = closing_of(c) != '\0';
    if (!opens && !is_identifier(c) && c != ':' && c != '~') return false;
    at = opens ? after_brackets(at) : at + 1;
    if (at == kNowhere) return false;
    last = text_[at - 1];
  }
  at = after_qualifiers(at);
  return (last == ')' || last == '>') && (at == text_.size() || rest(at).starts_with(" ["));
}

/// g++ writes a trailing constraint of a lambda's or local class' function. Returns where the name continues
/// behind it; or nowhere.
std::size_t NameReader::after_constraint(std::size_t at) const noexcept {
  while (at < text_.size() && !rest(at).starts_with(" [with ")) {
    if (rest(at).starts_with("::")) {
      const char before = text_[at - 1];
      const bool is_scope_of_constraint = is_identifier(before) && (before < '0' || before > '9');
      if (rest(at).starts_with("::<lambda") || (!is_scope_of_constraint && is_rest_of_name(at))) return at;
    }
    const char c = text_[at];
    if (c == '\'' || c == '"') {
      at = after_literal(at);
    } else if (c == '(' || c == '[' || c == '{') {
      at = after_brackets(at);
    } else {
      ++at;
    }
  }
  return kNowhere;
}

/// "operator bool", "operator int (*)(int)": a conversion has no parameters.
void NameReader::pass_conversion() noexcept {
  while (at_ < text_.size()) {
    if (rest(at_).starts_with("()")) {
      while (rest(at_ + 2).starts_with("()")) at_ += 2;
      return;
    }
    at_ = closing_of(text_[at_]) != '\0' ? after_brackets(at_) : at_ + 1;
  }
}

void NameReader::pass_operator() noexcept {
  at_ += std::string_view("operator").size();
  if (rest(at_).starts_with("\"\"")) {
    at_ += 2;
    if (rest(at_).starts_with(' ')) ++at_;
    return;
  }
  if (const std::string_view symbol = prefix_in(kOperators, rest(at_)); !symbol.empty()) {
    at_ += symbol.size();
    if (rest(at_).starts_with(" <")) ++at_;
    return;
  }
  if (!rest(at_).starts_with(' ')) return;
  ++at_;
  for (const std::string_view name : kNamedOperators) {
    if (!is_keyword(at_, name)) continue;
    at_ += name.size();
    if (rest(at_).starts_with(" []")) at_ += 3;
    if (rest(at_).starts_with("[]")) at_ += 2;
    return;
  }
  pass_conversion();
}

/// g++ names a lambda by its parameters, "f()::<lambda(int)>". Before a name it is a return type.
bool NameReader::is_end_of_lambda() const noexcept {
  if (lambda_end_ != at_) return false;
  const std::size_t end = after_qualifiers(at_);
  const std::string_view behind = rest(end);
  return behind.empty() || behind.starts_with(" [") || behind.starts_with(" requires");
}

/// At a parenthesis: true if the name ends here. Otherwise skips it.
bool NameReader::is_end_at_parentheses() noexcept {
  const bool is_name = !prefix_in(kUnnamed, rest(at_)).empty();
  const std::string_view type_operator = begin_ == at_ ? last_word_ : word();
  const bool is_type =
      std::find(kTypeOperators.begin(), kTypeOperators.end(), type_operator) != kTypeOperators.end();
  if (is_name || is_type) {
    at_ = after_brackets(at_);
    return false;
  }
  if (begin_ == at_) {  // int (*f(char))(int)
    begin_ = ++at_;
    return false;
  }
  const std::size_t parameters = at_;
  at_ = after_brackets(at_);
  if (at_ == kNowhere) return false;
  std::size_t next = after_qualifiers(at_);
  if (rest(next).starts_with(" requires")) next = after_constraint(next);
  if (next != kNowhere && rest(next).starts_with("::")) {
    at_ = next + 2;
    return false;
  }
  at_ = parameters;
  return true;
}

std::optional<std::string_view> NameReader::read() noexcept {
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (is_keyword(at_, "operator")) {
      pass_operator();
    } else if (c == ' ') {
      if (is_end_of_lambda()) return word();
      begin_word(at_ + 1);
    } else if (c == '*' || c == '&') {
      begin_word(at_ + 1);
    } else if (c == '(') {
      if (is_end_at_parentheses()) return word();
    } else if (closing_of(c) != '\0') {
      // g++ omits the blank between a return type and an unnamed class: "void<unnamed struct>::f()".
      if (rest(at_).starts_with("<unnamed ") && at_ > 0 && text_[at_ - 1] != ':') begin_word(at_);
      const bool is_lambda = rest(at_).starts_with("<lambda");
      at_ = after_brackets(at_);
      if (is_lambda) lambda_end_ = at_;
    } else if (is_closing(c)) {
      return std::nullopt;
    } else {
      ++at_;
    }
    if (at_ == kNowhere) return std::nullopt;
  }
  return text_.substr(std::min(begin_, text_.size()));
}

/// "f[abi:cxx11]": the library's tag, not the author's text.
std::string_view without_abi_tags(std::string_view name) noexcept {
  while (name.ends_with(']')) {
    const std::size_t tag = name.rfind("[abi:");
    if (tag == kNowhere) break;
    name = name.substr(0, tag);
  }
  return name;
}

}  // namespace

std::string_view qualified_name(std::string_view function) noexcept {
  const std::optional<std::string_view> name = NameReader(function).read();
  if (!name) return function;
  const std::string_view shown = without_abi_tags(*name);
  return shown.empty() ? function : shown;
}

}  // namespace kymo::KYMO_ABI::profile
