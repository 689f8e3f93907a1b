#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::alert {

/// A fault at a byte of the template. Stays within the layer: expand_template() makes a problem of it.
class TemplateError final : public std::runtime_error {
 public:
  TemplateError(std::size_t at, const std::string& text) : std::runtime_error(text), at_(at) {}

  [[nodiscard]] std::size_t at() const noexcept { return at_; }

 private:
  std::size_t at_;
};

/// A number of the template, with a value for each type that can hold it exactly.
struct NumberConstant {
  std::optional<std::int64_t> whole;
  std::optional<double> real;
  std::optional<double> imaginary;  ///< with the real part in `complex_real`
  double complex_real = 0;
  bool looks_real = false;  ///< has a point or an exponent
};

struct Pipeline;
struct FunctionInfo;

enum class ArgumentKind : std::uint8_t {
  dot,
  nil,
  boolean,
  number,
  string,
  field,
  variable,
  function,
  pipeline,
  chain
};

/// One operand. A chain is a base with fields behind it, such as `(first .x).Value`.
struct Argument {
  ArgumentKind kind = ArgumentKind::dot;
  std::size_t at = 0;
  std::string text;                 ///< of a string; name of a variable, with `$`, or of a function
  std::vector<std::string> fields;  ///< of a field, a variable, or a chain
  bool truth = false;
  NumberConstant number;
  const FunctionInfo* function = nullptr;
  std::shared_ptr<Pipeline> pipeline;
  std::shared_ptr<Argument> base;
};

struct Command {
  std::vector<Argument> arguments;  ///< not empty
};

struct Pipeline {
  std::size_t at = 0;
  bool is_assignment = false;             ///< `=`, not `:=`
  std::vector<std::string> declarations;  ///< with `$`
  std::vector<Command> commands;
};

enum class ActionKind : std::uint8_t { text, output, branch, with, range, call, leave, next };

/// A piece of text, or an action.
struct Action {
  ActionKind kind = ActionKind::text;
  std::size_t at = 0;
  std::string text;                  ///< or the name of the template that a call names
  std::optional<Pipeline> pipeline;  ///< of all but texts, `break` and `continue`; calls may have none
  std::vector<Action> body;          ///< of a branch, `with` and `range`
  std::optional<std::vector<Action>> other;  ///< of their `else`
};

struct TemplateTree {
  std::vector<Action> root;
  std::map<std::string, std::vector<Action>, std::less<>> definitions;
};

}  // namespace kymo::KYMO_ABI::alert
