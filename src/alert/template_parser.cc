#include "template_parser.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include <kymo/query/quoting.h>

#include "template_functions.h"
#include "template_lexer.h"
#include "template_number.h"

namespace kymo::KYMO_ABI::alert {
namespace {

/// Each level of nested actions and parentheses is a few calls of this parser.
constexpr std::size_t kMostNested = 100;

constexpr std::array<std::string_view, 5> kDeclared = {"$", "$labels", "$externalLabels", "$externalURL",
                                                       "$value"};

bool is_empty(const std::vector<Action>& actions) {
  return std::ranges::all_of(actions, [](const Action& one) {
    return one.kind == ActionKind::text && one.text.find_first_not_of(" \t\r\n\v\f") == std::string::npos;
  });
}

std::string name_of(const Token& token) {
  switch (token.kind) {
    case TokenKind::end_of_text: return "the end of the template";
    case TokenKind::begin:
    case TokenKind::end: return query::quote(token.text);
    case TokenKind::space: return "a space";
    default: return query::quote(token.text.substr(0, std::min<std::size_t>(token.text.size(), 64)));
  }
}

std::string unquoted(const Token& token) {
  std::string_view fault;
  auto text = query::unquote(token.text, fault);
  if (!text) throw TemplateError(token.at, "a string " + std::string(fault));
  if (token.kind == TokenKind::raw_string) std::erase(*text, '\r');
  return *std::move(text);
}

/// Counts how deep the parser is.
class Nesting final {
 public:
  Nesting(std::size_t& depth, std::size_t at) : depth_(depth) {
    if (++depth_ > kMostNested) {
      --depth_;
      throw TemplateError(at, "nests deeper than " + std::to_string(kMostNested) + " levels; simplify it");
    }
  }
  ~Nesting() { --depth_; }
  Nesting(const Nesting&) = delete;
  Nesting& operator=(const Nesting&) = delete;

 private:
  std::size_t& depth_;
};

class Parser final {
 public:
  explicit Parser(std::string_view text)
      : tokens_(lex_template(text)), variables_(kDeclared.begin(), kDeclared.end()) {}

  [[nodiscard]] TemplateTree run() && {
    while (peek().kind != TokenKind::end_of_text) {
      if (peek().kind == TokenKind::begin && second().is_keyword("define")) {
        parse_definition();
        continue;
      }
      auto action = parse_action();
      if (!action) unexpected(stop_, "here; no \"if\", \"range\", \"with\" or \"block\" is open");
      tree_.root.push_back(*std::move(action));
    }
    return std::move(tree_);
  }

 private:
  // ---- tokens ----

  const Token& peek() const { return tokens_[next_]; }
  const Token& take() { return tokens_[next_ + 1 < tokens_.size() ? next_++ : next_]; }
  void skip_spaces() {
    while (peek().kind == TokenKind::space) ++next_;
  }
  const Token& peek_word() {
    skip_spaces();
    return peek();
  }
  const Token& take_word() {
    skip_spaces();
    return take();
  }
  /// The first word of the action that begins here.
  const Token& second() const {
    std::size_t at = next_ + 1;
    while (at + 1 < tokens_.size() && tokens_[at].kind == TokenKind::space) ++at;
    return tokens_[std::min(at, tokens_.size() - 1)];
  }

  [[noreturn]] static void unexpected(const Token& token, const std::string& where) {
    if (token.kind == TokenKind::fault) throw TemplateError(token.at, token.fault);
    throw TemplateError(token.at, name_of(token) + " cannot stand " + where);
  }

  void expect_end(const std::string& context) {
    const Token& token = take_word();
    if (token.kind != TokenKind::end) unexpected(token, "in " + context + "; close the action with \"}}\"");
  }

  // ---- actions ----

  /// Nothing for `end` and `else`, which stop_ then holds.
  std::optional<Action> parse_action() {
    const Token& token = take_word();
    if (token.kind == TokenKind::text)
      return Action{ActionKind::text, token.at, std::string(token.text), {}, {}, {}};
    if (token.kind != TokenKind::begin) unexpected(token, "here");
    const Token& word = peek_word();
    if (word.kind != TokenKind::keyword) return parse_pipeline_action(ActionKind::output, "an action");
    ++next_;
    if (word.text == "end") {
      stop_ = word;
      expect_end("\"end\"");
      return std::nullopt;
    }
    if (word.text == "else") {
      stop_ = word;
      if (const Token& more = peek_word(); !more.is_keyword("if") && !more.is_keyword("with"))
        expect_end("\"else\"");
      return std::nullopt;
    }
    return parse_keyword(word);
  }

  Action parse_keyword(const Token& word) {
    const Nesting nesting(depth_, word.at);
    if (word.text == "if") return parse_control(ActionKind::branch, "if");
    if (word.text == "with") return parse_control(ActionKind::with, "with");
    if (word.text == "range") return parse_control(ActionKind::range, "range");
    if (word.text == "template") return parse_call(word);
    if (word.text == "block") return parse_block(word);
    if (word.text == "define") unexpected(word, "within another action; move the definition to the top");
    const auto kind = word.text == "break" ? ActionKind::leave : ActionKind::next;
    expect_end(query::quote(word.text));
    if (ranges_ == 0) unexpected(word, "outside \"range\"; remove it");
    return Action{kind, word.at, {}, {}, {}, {}};
  }

  Action parse_pipeline_action(ActionKind kind, const std::string& context) {
    Action action;
    action.kind = kind;
    action.at = peek_word().at;
    action.pipeline = parse_pipeline(context, TokenKind::end);
    return action;
  }

  Action parse_control(ActionKind kind, const std::string& word) {
    const std::size_t declared = variables_.size();
    Action action = parse_pipeline_action(kind, query::quote(word));
    if (kind == ActionKind::range) ++ranges_;
    action.body = parse_list();
    if (kind == ActionKind::range) --ranges_;
    if (stop_.text == "else") parse_else(action);
    variables_.resize(declared);
    return action;
  }

  void parse_else(Action& action) {
    const Token& more = peek_word();
    const bool is_chain = (action.kind == ActionKind::branch && more.is_keyword("if")) ||
                          (action.kind == ActionKind::with && more.is_keyword("with"));
    if (is_chain) {
      ++next_;
      const Nesting nesting(depth_, more.at);
      action.other.emplace().push_back(parse_control(action.kind, std::string(more.text)));
      return;
    }
    if (more.kind == TokenKind::keyword) unexpected(more, "behind this \"else\"; close \"else\" with \"}}\"");
    action.other = parse_list();
    if (stop_.text != "end") unexpected(stop_, "behind \"else\"; write \"{{end}}\"");
  }

  /// Up to the `end` or `else` that stop_ then holds.
  std::vector<Action> parse_list() {
    std::vector<Action> list;
    while (peek_word().kind != TokenKind::end_of_text) {
      auto action = parse_action();
      if (!action) return list;
      list.push_back(*std::move(action));
    }
    throw TemplateError(peek().at, "the template ends within an action; add \"{{end}}\"");
  }

  // ---- templates by name ----

  std::string parse_name(const Token& word) {
    const Token& token = take_word();
    if (token.kind != TokenKind::string && token.kind != TokenKind::raw_string)
      unexpected(token, "behind " + query::quote(word.text) + "; write the template's name in quotes");
    return unquoted(token);
  }

  void parse_definition() {
    ++next_;
    const Token word = take_word();
    std::string name = parse_name(word);
    expect_end("\"define\"");
    add_definition(word, std::move(name), parse_separate(word));
  }

  /// The body of a template of its own: it sees no variable but `$`, and no `range` around it.
  std::vector<Action> parse_separate(const Token& word) {
    auto variables = std::exchange(variables_, {"$"});
    const std::size_t ranges = std::exchange(ranges_, 0);
    auto body = parse_list();
    if (stop_.text != "end") unexpected(stop_, "in " + query::quote(word.text) + "; write \"{{end}}\"");
    variables_ = std::move(variables);
    ranges_ = ranges;
    return body;
  }

  void add_definition(const Token& word, const std::string& name, std::vector<Action> body) {
    const auto [found, is_new] = tree_.definitions.try_emplace(name, std::move(body));
    if (is_new) return;
    if (is_empty(found->second)) {
      found->second = std::move(body);
    } else if (!is_empty(body)) {
      throw TemplateError(word.at, "two templates have the name " + query::quote(name) + "; rename one");
    }
  }

  Action parse_call(const Token& word) {
    Action action;
    action.kind = ActionKind::call;
    action.at = word.at;
    action.text = parse_name(word);
    if (peek_word().kind == TokenKind::end) {
      ++next_;
    } else {
      action.pipeline = parse_pipeline("\"template\"", TokenKind::end);
    }
    return action;
  }

  Action parse_block(const Token& word) {
    Action action;
    action.kind = ActionKind::call;
    action.at = word.at;
    action.text = parse_name(word);
    action.pipeline = parse_pipeline("\"block\"", TokenKind::end);
    add_definition(word, action.text, parse_separate(word));
    return action;
  }

  // ---- pipelines ----

  Pipeline parse_pipeline(const std::string& context, TokenKind end) {
    Pipeline pipeline;
    pipeline.at = peek_word().at;
    parse_declarations(pipeline, context);
    for (;;) {
      const Token& token = peek_word();
      if (token.kind == end) break;
      if (!begins_operand(token.kind)) unexpected(token, "in " + context + "; expected a value");
      pipeline.commands.push_back(parse_command());
    }
    const Token& last = take();
    if (pipeline.commands.empty())
      throw TemplateError(last.at, context + " has no value; write one such as \".Value\"");
    check_stages(pipeline);
    return pipeline;
  }

  static bool begins_operand(TokenKind kind) {
    constexpr auto kKinds = std::to_array(
        {TokenKind::boolean, TokenKind::character_constant, TokenKind::complex_number, TokenKind::dot,
         TokenKind::field, TokenKind::identifier, TokenKind::number, TokenKind::nil, TokenKind::string,
         TokenKind::raw_string, TokenKind::variable, TokenKind::open});
    return std::ranges::find(kKinds, kind) != kKinds.end();
  }

  void parse_declarations(Pipeline& pipeline, const std::string& context) {
    while (peek_word().kind == TokenKind::variable) {
      const std::size_t before = next_;
      const Token& name = take();
      const Token& mark = peek_word();
      if (mark.kind == TokenKind::assign || mark.kind == TokenKind::declare) {
        ++next_;
        pipeline.is_assignment = mark.kind == TokenKind::assign;
        declare(pipeline, name);
        return;
      }
      if (mark.kind != TokenKind::character || mark.text != ",") {
        next_ = before;
        return;
      }
      ++next_;
      declare(pipeline, name);
      const Token& more = peek_word();
      const bool is_range = context == "\"range\"" && pipeline.declarations.size() < 2;
      if (!is_range ||
          (more.kind != TokenKind::variable && more.kind != TokenKind::end && more.kind != TokenKind::close))
        unexpected(mark, "in " + context + "; only \"range\" declares two variables, as \"$i, $x := …\"");
    }
  }

  void declare(Pipeline& pipeline, const Token& name) {
    pipeline.declarations.emplace_back(name.text);
    variables_.emplace_back(name.text);
  }

  // A value has no place for the result of the stage before it.
  static void check_stages(const Pipeline& pipeline) {
    for (const Command& command : std::span(pipeline.commands).subspan(1)) {
      const Argument& first = command.arguments.front();
      switch (first.kind) {
        case ArgumentKind::boolean:
        case ArgumentKind::dot:
        case ArgumentKind::nil:
        case ArgumentKind::number:
        case ArgumentKind::string:
          throw TemplateError(first.at, "a value cannot stand behind \"|\"; write a function there");
        default: break;
      }
    }
  }

  Command parse_command() {
    Command command;
    for (;;) {
      const Token& first = peek_word();
      if (begins_operand(first.kind)) command.arguments.push_back(parse_operand());
      const Token& token = peek();
      if (token.kind == TokenKind::space) {
        ++next_;
        continue;
      }
      if (token.kind == TokenKind::pipe) {
        ++next_;
        // A pipe with nothing behind it is passed over, as Go does.
      } else if (token.kind != TokenKind::end && token.kind != TokenKind::close) {
        unexpected(token, "behind a value; put a space between");
      }
      break;
    }
    if (command.arguments.empty()) unexpected(peek(), "here; expected a value");
    return command;
  }

  Argument parse_operand() {
    Argument term = parse_term();
    if (peek().kind != TokenKind::field) return term;
    const Token& field = peek();
    switch (term.kind) {
      case ArgumentKind::boolean:
      case ArgumentKind::string:
      case ArgumentKind::number:
      case ArgumentKind::nil:
      case ArgumentKind::dot: unexpected(field, "behind a constant or \".\"; put a space between");
      case ArgumentKind::field:
      case ArgumentKind::variable: break;
      default: {
        Argument chain;
        chain.kind = ArgumentKind::chain;
        chain.at = field.at;
        chain.base = std::make_shared<Argument>(std::move(term));
        term = std::move(chain);
      }
    }
    while (peek().kind == TokenKind::field) term.fields.emplace_back(take().text.substr(1));
    return term;
  }

  Argument parse_term() {
    const Token& token = take();
    Argument term;
    term.at = token.at;
    switch (token.kind) {
      case TokenKind::dot: term.kind = ArgumentKind::dot; break;
      case TokenKind::nil: term.kind = ArgumentKind::nil; break;
      case TokenKind::boolean:
        term.kind = ArgumentKind::boolean;
        term.truth = token.text == "true";
        break;
      case TokenKind::field:
        term.kind = ArgumentKind::field;
        term.fields.emplace_back(token.text.substr(1));
        break;
      case TokenKind::string:
      case TokenKind::raw_string:
        term.kind = ArgumentKind::string;
        term.text = unquoted(token);
        break;
      case TokenKind::variable: use_variable(token, term); break;
      case TokenKind::identifier: use_function(token, term); break;
      case TokenKind::open: {
        const Nesting nesting(depth_, token.at);
        term.kind = ArgumentKind::pipeline;
        term.pipeline = std::make_shared<Pipeline>(parse_pipeline("parentheses", TokenKind::close));
        break;
      }
      default: term.kind = ArgumentKind::number; term.number = read_number(token);
    }
    return term;
  }

  void use_variable(const Token& token, Argument& term) const {
    term.kind = ArgumentKind::variable;
    term.text = token.text;
    if (std::ranges::find(variables_, term.text) != variables_.end()) return;
    const bool is_separate = std::ranges::find(kDeclared, token.text) != kDeclared.end();
    throw TemplateError(
        token.at, "variable " + query::quote(token.text) +
                      (is_separate ? " is not known in a template of its own; pass what it needs as \".\""
                                   : " is not declared; write \"" + term.text + " := …\" before"));
  }

  static void use_function(const Token& token, Argument& term) {
    term.kind = ArgumentKind::function;
    term.text = token.text;
    term.function = find_template_function(token.text);
    if (term.function == nullptr)
      throw TemplateError(
          token.at, "unknown function " + query::quote(token.text) + remedy_of_unknown_function(token.text));
  }

  std::vector<Token> tokens_;
  std::size_t next_ = 0;
  Token stop_;  ///< the `end` or `else` that ended a list
  std::size_t depth_ = 0;
  std::size_t ranges_ = 0;
  std::vector<std::string> variables_;
  TemplateTree tree_;
};

}  // namespace

TemplateTree parse_template(std::string_view text) { return Parser(text).run(); }

}  // namespace kymo::KYMO_ABI::alert
