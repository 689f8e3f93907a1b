#include "template_executor.h"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <kymo/query/quoting.h>

#include "go_printer.h"
#include "template_functions.h"
#include "template_value.h"

namespace kymo::KYMO_ABI::alert {
namespace {

/// Levels of lists and pipelines per level of templates, so that both together cannot exhaust the stack.
constexpr std::size_t kLevelsOfTemplate = 4;

/// How a list of actions ended.
enum class Flow : std::uint8_t { on, leave, next };

class Executor final {
 public:
  Executor(const TemplateTree& tree, const TemplateContext& context)
      : tree_(tree), context_(context), effort_(context.limits) {}

  [[nodiscard]] std::string run() && {
    const Value root{RootData{&context_}};
    variables_ = {{"$", root},
                  {"$labels", member_of(root, "Labels")},
                  {"$externalLabels", member_of(root, "ExternalLabels")},
                  {"$externalURL", member_of(root, "ExternalURL")},
                  {"$value", member_of(root, "Value")}};
    run_list(tree_.root, root);
    return std::move(out_);
  }

 private:
  // ---- faults and limits ----

  [[noreturn]] static void fail(std::size_t at, const std::string& text) { throw TemplateError(at, text); }

  /// Runs what knows no place, and gives its faults this one.
  template <class Run>
  auto placed(std::size_t at, const Run& run) {
    try {
      return run();
    } catch (const FunctionError& error) {
      fail(at, error.what());
    } catch (const TextTooLong&) {
      fail(at, "makes more than " + std::to_string(context_.limits.most_output) +
                   " bytes of text; shorten the template");
    }
  }

  void step(std::size_t at, std::size_t bytes = 0) {
    placed(at, [&] { effort_.step(bytes); });
  }

  void write(std::size_t at, std::string_view text) {
    step(at, text.size());
    placed(at, [&] {
      if (text.size() > context_.limits.most_output - out_.size()) throw TextTooLong();
    });
    out_ += text;
  }

  /// Counts the levels of lists and pipelines that run.
  class Level final {
   public:
    Level(Executor& executor, std::size_t at) : levels_(executor.levels_) {
      if (++levels_ > executor.context_.limits.most_depth * kLevelsOfTemplate)
        fail(at, "runs deeper than " + std::to_string(levels_ - 1) + " levels; end the recursion");
    }
    ~Level() { --levels_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

   private:
    std::size_t& levels_;
  };

  // ---- actions ----

  Flow run_list(const std::vector<Action>& actions, const Value& dot) {
    if (actions.empty()) return Flow::on;
    const Level level(*this, actions.front().at);
    for (const Action& action : actions) {
      const Flow flow = run_action(action, dot);
      if (flow != Flow::on) return flow;
    }
    return Flow::on;
  }

  Flow run_action(const Action& action, const Value& dot) {
    switch (action.kind) {
      case ActionKind::text: write(action.at, action.text); return Flow::on;
      case ActionKind::output: run_output(action, dot); return Flow::on;
      case ActionKind::branch:
      case ActionKind::with: return run_branch(action, dot);
      case ActionKind::range: return run_range(action, dot);
      case ActionKind::call: run_call(action, dot); return Flow::on;
      case ActionKind::leave: return Flow::leave;
      case ActionKind::next: return Flow::next;
    }
    return Flow::on;
  }

  void run_output(const Action& action, const Value& dot) {
    const Value value = evaluate(*action.pipeline, dot);
    if (!action.pipeline->declarations.empty()) return;
    if (const auto* text = value.get<Text>()) {
      write(action.at, *text->text);
    } else if (value.empty()) {
      write(action.at, "<no value>");
    } else {
      write(action.at, placed(action.at, [&] {
              // A value, not a pointer, is printed.
              Value target = value;
              if (auto* whole = std::get_if<Whole>(&target.is)) whole->is_pointer = false;
              std::string said = go_print({&target, 1}, context_.limits.most_output);
              return value.get<SamplePointer>() != nullptr ? said.substr(1) : said;
            }));
    }
  }

  Flow run_branch(const Action& action, const Value& dot) {
    const std::size_t mark = variables_.size();
    const Value value = evaluate(*action.pipeline, dot);
    Flow flow = Flow::on;
    if (is_true(value)) {
      flow = run_list(action.body, action.kind == ActionKind::with ? value : dot);
    } else if (action.other) {
      flow = run_list(*action.other, dot);
    }
    variables_.resize(mark);
    return flow;
  }

  Flow run_range(const Action& action, const Value& dot) {
    const std::size_t mark = variables_.size();
    const Value over = evaluate(*action.pipeline, dot);
    std::size_t turns = 0;
    const auto turn = [&](Value key, const Value& item) {
      ++turns;
      return run_turn(action, std::move(key), item);
    };
    run_turns(action, over, turn);
    Flow flow = Flow::on;
    if (turns == 0 && action.other) flow = run_list(*action.other, dot);
    variables_.resize(mark);
    return flow;
  }

  template <class Turn>
  void run_turns(const Action& action, const Value& over, const Turn& turn) {
    if (const auto* slice = over.get<ResultSlice>()) {
      for (std::size_t at = slice->begin; at < slice->end; ++at)
        if (!turn(whole_value(static_cast<std::int64_t>(at - slice->begin)), {(*slice->samples)[at]})) return;
    } else if (const auto* labels = over.get<LabelMap>()) {
      for (const auto& label : **labels)
        if (!turn(text_value(std::string(label.key)), text_value(std::string(label.value)))) return;
    } else if (const auto* map = over.get<std::shared_ptr<const ArgumentMap>>()) {
      for (const auto& [key, item] : (*map)->values)
        if (!turn(text_value(key), item)) return;
    } else if (const auto* count = over.get<Whole>(); count != nullptr && count->type == WholeType::whole) {
      if (action.pipeline->declarations.size() > 1)
        fail(action.at, "range over a number has one variable; remove the other");
      for (std::int64_t at = 0; at < count->value; ++at)
        if (!turn(whole_value(at), whole_value(at))) return;
    } else if (!over.empty()) {
      fail(action.at, "range cannot go over a value of type " + std::string(type_name(over)) +
                          "; expected the result of a query, labels or a number");
    }
  }

  /// One turn of a range. False ends the range.
  bool run_turn(const Action& action, Value key, const Value& item) {
    step(action.at);
    const auto& names = action.pipeline->declarations;
    // The pipeline has declared the variables, the last one on top.
    if (!names.empty()) set_range_variable(*action.pipeline, names.size() - 1, item);
    if (names.size() > 1) set_range_variable(*action.pipeline, 0, std::move(key));
    const std::size_t mark = variables_.size();
    const Flow flow = run_list(action.body, item);
    variables_.resize(mark);
    return flow != Flow::leave;
  }

  void set_range_variable(const Pipeline& pipeline, std::size_t index, Value value) {
    if (pipeline.is_assignment) {
      assign(pipeline.at, pipeline.declarations[index], std::move(value));
    } else {
      variables_[variables_.size() - pipeline.declarations.size() + index].second = std::move(value);
    }
  }

  void run_call(const Action& action, const Value& dot) {
    const auto found = tree_.definitions.find(action.text);
    if (found == tree_.definitions.end())
      fail(action.at, "template " + query::quote(action.text) + " is not defined; add \"{{define}}\"");
    if (depth_ == context_.limits.most_depth)
      fail(action.at, "calls templates deeper than " + std::to_string(depth_) + " levels; end the recursion");
    step(action.at);
    const Value data = action.pipeline ? evaluate(*action.pipeline, dot) : Value();
    auto variables = std::exchange(variables_, {{"$", data}});
    ++depth_;
    run_list(found->second, data);
    --depth_;
    variables_ = std::move(variables);
  }

  // ---- pipelines ----

  Value evaluate(const Pipeline& pipeline, const Value& dot) {
    step(pipeline.at);
    const Level level(*this, pipeline.at);
    std::optional<Value> value;
    for (const Command& command : pipeline.commands) value = run_command(command, dot, value);
    for (const std::string& name : pipeline.declarations) {
      if (pipeline.is_assignment) {
        assign(pipeline.at, name, *value);
      } else {
        variables_.emplace_back(name, *value);
      }
    }
    return *std::move(value);
  }

  void assign(std::size_t at, const std::string& name, Value value) {
    const auto found = std::find_if(variables_.rbegin(), variables_.rend(),
                                    [&](const auto& variable) { return variable.first == name; });
    if (found == variables_.rend()) {
      fail(at, "variable " + query::quote(name) + " is not declared; write \":=\" before");
    }
    found->second = std::move(value);
  }

  /// `last` is the result of the stage before: one more argument.
  Value run_command(const Command& command, const Value& dot, const std::optional<Value>& last) {
    const Argument& first = command.arguments.front();
    const auto rest = std::span(command.arguments).subspan(1);
    step(first.at);
    switch (first.kind) {
      case ArgumentKind::field: return fields_of(dot, first.fields, first.at, dot, rest, last);
      case ArgumentKind::chain:
        return fields_of(base_of(first, dot), first.fields, first.at, dot, rest, last);
      case ArgumentKind::function: return call(*first.function, first.at, dot, rest, last);
      case ArgumentKind::variable:
        if (!first.fields.empty()) return fields_of(variable(first), first.fields, first.at, dot, rest, last);
        break;
      case ArgumentKind::nil: fail(first.at, "\"nil\" cannot stand alone; write a value");
      default: break;
    }
    if (!rest.empty() || last)
      fail(first.at, "a value that is no function has arguments; write the function first");
    return value_of(first, dot);
  }

  Value base_of(const Argument& chain, const Value& dot) {
    const Argument& base = *chain.base;
    if (base.kind == ArgumentKind::function) return call(*base.function, base.at, dot, {}, {});
    return evaluate(*base.pipeline, dot);
  }

  const Value& variable(const Argument& argument) {
    const auto found = std::find_if(variables_.rbegin(), variables_.rend(),
                                    [&](const auto& one) { return one.first == argument.text; });
    if (found == variables_.rend())
      fail(argument.at, "variable " + query::quote(argument.text) + " has no value here; declare it before");
    return found->second;
  }

  /// An operand without arguments.
  Value value_of(const Argument& argument, const Value& dot) {
    switch (argument.kind) {
      case ArgumentKind::dot: return dot;
      case ArgumentKind::nil: return {};
      case ArgumentKind::boolean: return {argument.truth};
      case ArgumentKind::number: return constant(argument);
      case ArgumentKind::string: return text_value(argument.text);
      case ArgumentKind::field: return fields_of(dot, argument.fields, argument.at, dot, {}, {});
      case ArgumentKind::chain:
        return fields_of(base_of(argument, dot), argument.fields, argument.at, dot, {}, {});
      case ArgumentKind::variable:
        return argument.fields.empty()
                   ? variable(argument)
                   : fields_of(variable(argument), argument.fields, argument.at, dot, {}, {});
      case ArgumentKind::function: return call(*argument.function, argument.at, dot, {}, {});
      case ArgumentKind::pipeline: return evaluate(*argument.pipeline, dot);
    }
    return {};
  }

  static Value constant(const Argument& argument) {
    const NumberConstant& number = argument.number;
    if (number.imaginary) return {Complex{number.complex_real, *number.imaginary}};
    if (number.looks_real) return {*number.real};
    if (!number.whole) fail(argument.at, "the number is too large for a whole number; write it with a point");
    return whole_value(*number.whole);
  }

  Value fields_of(const Value& receiver, std::span<const std::string> fields, std::size_t at,
                  const Value& dot, std::span<const Argument> rest, const std::optional<Value>& last) {
    Value value = receiver;
    bool is_in_arguments = false;
    for (std::size_t index = 0; index < fields.size(); ++index) {
      const bool is_last = index + 1 == fields.size();
      // Go lets a field of nothing be nothing, but not where the nothing stands in a map of args.
      if (index > 0 && value.empty() && is_in_arguments)
        fail(at, "there is no " + query::quote(fields[index - 1]) + " to take " +
                     query::quote(fields[index]) + " of; guard it with \"if\"");
      is_in_arguments = value.get<std::shared_ptr<const ArgumentMap>>() != nullptr;
      value = field_of(value, fields[index], at, dot, is_last ? rest : std::span<const Argument>(),
                       is_last ? last : std::nullopt);
    }
    return value;
  }

  Value field_of(const Value& receiver, const std::string& name, std::size_t at, const Value& dot,
                 std::span<const Argument> rest, const std::optional<Value>& last) {
    step(at);
    if (const FunctionInfo* const method = find_method(receiver, name))
      return call(*method, at, dot, rest, last, &receiver);
    return placed(at, [&] {
      Value member = member_of(receiver, name);
      if (!receiver.empty() && (!rest.empty() || last))
        throw FunctionError(query::quote(name) + " has arguments but is no function; remove them");
      return member;
    });
  }

  // ---- functions ----

  Value call(const FunctionInfo& function, std::size_t at, const Value& dot, std::span<const Argument> rest,
             const std::optional<Value>& last, const Value* receiver = nullptr) {
    std::vector<Value> values;
    if (receiver != nullptr) values.push_back(*receiver);
    check_count(function, at, rest.size() + (last ? 1 : 0), values.size());
    if (function.run == nullptr) return choose(function.name == "or", dot, rest, last);
    for (const Argument& argument : rest)
      values.push_back(argument_of(argument, dot, function.type_at(values.size())));
    if (last) values.push_back(fitted(*last, function.type_at(values.size()), at));
    return placed(at, [&] {
      effort_.step();
      return function.run({context_, effort_, values});
    });
  }

  static void check_count(const FunctionInfo& function, std::size_t at, std::size_t count,
                          std::size_t receivers) {
    const std::size_t least = function.least() - std::min(function.least(), receivers);
    if (count >= least && (function.takes_more || count == least)) return;
    fail(at, query::quote(function.name) + " has " + std::to_string(count) +
                 (count == 1 ? " argument" : " arguments") + "; expected " + std::to_string(least) +
                 (function.takes_more ? " or more" : ""));
  }

  /// `and` gives the first false value, or the last one; `or` the first true one.
  Value choose(bool wanted, const Value& dot, std::span<const Argument> rest,
               const std::optional<Value>& last) {
    Value value;
    for (const Argument& argument : rest) {
      value = argument_of(argument, dot, ParameterType::any);
      if (is_true(value) == wanted) return value;
    }
    return last ? *last : value;
  }

  Value argument_of(const Argument& argument, const Value& dot, ParameterType type) {
    step(argument.at);
    if (argument.kind == ArgumentKind::nil) {
      if (type != ParameterType::any && type != ParameterType::sample && type != ParameterType::result)
        fail(argument.at, "\"nil\" stands where " + std::string(word_of(type)) + " is expected");
      return {};
    }
    // A constant takes the type that the function wants.
    if (argument.kind == ArgumentKind::number && argument.number.whole) {
      if (type == ParameterType::duration) return whole_value(*argument.number.whole, WholeType::duration);
      if (type == ParameterType::whole) return whole_value(*argument.number.whole);
    }
    return fitted(value_of(argument, dot), type, argument.at);
  }

  static Value fitted(Value value, ParameterType type, std::size_t at) {
    bool fits = false;
    switch (type) {
      case ParameterType::any: fits = true; break;
      case ParameterType::text: fits = value.get<Text>() != nullptr && !value.get<Text>()->is_html; break;
      case ParameterType::sample: fits = value.empty() || value.get<SamplePointer>() != nullptr; break;
      case ParameterType::result: fits = value.empty() || value.get<ResultSlice>() != nullptr; break;
      case ParameterType::instant: fits = value.get<Instant>() != nullptr; break;
      case ParameterType::whole:
        fits = value.get<Whole>() != nullptr && value.get<Whole>()->type == WholeType::whole;
        break;
      case ParameterType::duration:
        fits = value.get<Whole>() != nullptr && value.get<Whole>()->type == WholeType::duration;
        break;
    }
    if (fits) return value;
    std::string text = "expected " + std::string(word_of(type)) + ", got ";
    text += value.empty() ? "no value" : "a value of type " + std::string(type_name(value));
    if (type == ParameterType::text && value.get<double>() != nullptr)
      text += "; write it as text with \"printf\"";
    fail(at, text);
  }

  const TemplateTree& tree_;
  const TemplateContext& context_;
  Effort effort_;
  std::string out_;
  std::vector<std::pair<std::string, Value>> variables_;
  std::size_t depth_ = 0;   ///< of templates
  std::size_t levels_ = 0;  ///< of lists and pipelines
};

}  // namespace

std::string run_template(const TemplateTree& tree, const TemplateContext& context) {
  return Executor(tree, context).run();
}

}  // namespace kymo::KYMO_ABI::alert
