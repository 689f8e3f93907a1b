#include "evaluator.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <string>
#include <utility>
#include <variant>

#include "histogram_math.h"
#include "order.h"

namespace kymo::KYMO_ABI::query {

void Evaluator::emit(EvalSeries&& series, const Consumer& consumer) {
  if (!series.has_samples()) return;
  series.hold(context_);
  consumer(std::move(series));
}

void Evaluator::each(const Expression& expression, const Consumer& consumer) {
  context_.check_time();
  if (grid_.count <= 1 || !context_.is_constant(expression)) {
    evaluate(expression, consumer);
    return;
  }
  // The same at every step: once is enough.
  Evaluator once(context_, Grid{grid_.start_ms, grid_.step_ms, 1});
  once.evaluate(expression, [&](EvalSeries&& series) {
    series.reserve(grid_.count);
    for (std::size_t step = 1; step < grid_.count; ++step) {
      EvalSeries& to = series;
      if (const series::FloatHistogramRef histogram = series.histogram(0)) {
        to.set(step, histogram);
      } else {
        to.set(step, series.number(0));
      }
    }
    emit(std::move(series), consumer);
  });
}

std::vector<EvalSeries> Evaluator::all(const Expression& expression) {
  std::vector<EvalSeries> found;
  each(expression, [&](EvalSeries&& series) { found.push_back(std::move(series)); });
  return found;
}

void Evaluator::evaluate(const Expression& expression, const Consumer& consumer) {
  if (const auto* const group = expression.as<Parenthesized>()) {
    each(*group->operand, consumer);
  } else if (const auto* const selector = expression.as<Selector>()) {
    if (selector->edges == RangeEdges::smoothed) {
      evaluate_smoothed(expression, *selector, consumer);
    } else {
      evaluate_selector(expression, *selector, consumer);
    }
  } else if (const auto* const unary = expression.as<Unary>()) {
    evaluate_unary(*unary, consumer);
  } else if (const auto* const binary = expression.as<Binary>()) {
    evaluate_binary(*this, expression, *binary, consumer);
  } else if (const auto* const aggregation = expression.as<Aggregation>()) {
    evaluate_aggregation(*this, expression, *aggregation, consumer);
  } else if (const auto* const call = expression.as<Call>()) {
    evaluate_call(*this, expression, *call, consumer);
  }
}

void Evaluator::evaluate_unary(const Unary& node, const Consumer& consumer) {
  if (!node.is_negative) {
    each(*node.operand, consumer);
    return;
  }
  transform(*node.operand, true, consumer, [&](EvalSeries& series) {
    series.change_numbers([](double number) { return -number; });
    if (!series.has_histograms()) return;
    for (std::size_t step = series.begin_step(); step < series.end_step(); ++step) {
      if (series.histogram(step) == nullptr) continue;
      auto negative = std::make_shared<series::FloatHistogram>(*series.histogram(step));
      multiply(*negative, -1);
      series.set(step, std::move(negative));
    }
  });
}

bool Evaluator::selects_one_name(const Expression& expression) const {
  const Expression& node = inner(expression);
  const Selector* selector = node.as<Selector>();
  if (const auto* const range = node.as<RangeSelector>()) selector = &range->selector;
  return selector != nullptr && !context_.options().has_type_labels &&
         std::ranges::any_of(selector->matchers, [](const series::Matcher& one) {
           return one.key() == series::kNameLabel && one.kind() == series::Matcher::Kind::equal;
         });
}

void Evaluator::remove_name(EvalSeries& series) const {
  if (context_.delays_names()) {
    series.drops_name = true;
  } else {
    series.labels = series.labels.without(kNameLabels);
  }
}

void Evaluator::transform(const Expression& operand, bool removes_name, const Consumer& consumer,
                          const std::function<void(EvalSeries&)>& change) {
  const bool may_join = removes_name && !context_.delays_names() && !selects_one_name(operand);
  std::vector<EvalSeries> changed;
  each(operand, [&](EvalSeries&& series) {
    change(series);
    if (removes_name) remove_name(series);
    if (may_join) {
      changed.push_back(std::move(series));
    } else {
      emit(std::move(series), consumer);
    }
  });
  for (EvalSeries& series : joined(std::move(changed), operand.span)) emit(std::move(series), consumer);
}

std::vector<EvalSeries> Evaluator::joined(std::vector<EvalSeries> all, Span span) {
  std::unordered_map<std::string_view, std::size_t> places;
  std::vector<EvalSeries> result;
  result.reserve(all.size());  // keys of `places` point into it
  for (EvalSeries& series : all) {
    const auto known = places.find(series.labels.bytes());
    if (known == places.end()) {
      result.push_back(std::move(series));
      places.emplace(result.back().labels.bytes(), result.size() - 1);
      continue;
    }
    EvalSeries& into = result[known->second];
    for (std::size_t step = series.begin_step(); step < series.end_step(); ++step) {
      if (!series.has(step)) continue;
      if (into.has(step)) {
        context_.fail("vector cannot contain metrics with the same labelset", span,
                      "series " + into.labels.to_string() + " comes twice; aggregate, or keep a label");
      }
      into.copy(step, series);
    }
    into.hold(context_);
  }
  return result;
}

std::vector<double> Evaluator::scalar(const Expression& expression) {
  if (const auto* const number = expression.as<NumberLiteral>()) {
    return std::vector<double>(grid_.count, number->value);
  }
  if (const auto* const group = expression.as<Parenthesized>()) return scalar(*group->operand);
  if (const auto* const unary = expression.as<Unary>()) {
    std::vector<double> values = scalar(*unary->operand);
    if (unary->is_negative) {
      for (double& value : values) value = -value;
    }
    return values;
  }
  if (const auto* const binary = expression.as<Binary>()) {
    std::vector<double> values = scalar(*binary->left);
    const std::vector<double> right = scalar(*binary->right);
    for (std::size_t step = 0; step < values.size(); ++step) {
      values[step] = calculate(*binary->op, values[step], right[step]);
    }
    return values;
  }
  if (const auto* const call = expression.as<Call>()) return scalar_call(*call);
  context_.fail("no scalar", expression.span);
}

/// The values of scalar(): NaN where a step has no number or several.
static std::vector<double> only_numbers(Evaluator& evaluator, const Expression& operand) {
  std::vector<double> values(evaluator.grid().count, kAbsent);
  std::vector<bool> has_several(values.size());
  evaluator.each(operand, [&](EvalSeries&& series) {
    for (std::size_t step = series.begin_step(); step < series.end_step(); ++step) {
      const double number = series.number(step);
      if (is_absent(number)) continue;
      if (!is_absent(values[step])) has_several[step] = true;
      values[step] = number;
    }
  });
  for (std::size_t step = 0; step < values.size(); ++step) {
    if (has_several[step] || is_absent(values[step])) {
      values[step] = std::numeric_limits<double>::quiet_NaN();
    }
  }
  return values;
}

std::vector<double> Evaluator::scalar_call(const Call& node) {
  constexpr double kMillisecondsPerSecond = 1000;
  const std::string_view name = node.function->name;
  const QueryRequest& request = context_.request();
  const auto all_steps = [&](double value) { return std::vector<double>(grid_.count, value); };
  const auto seconds = [&](std::int64_t ms) { return static_cast<double>(ms) / kMillisecondsPerSecond; };
  if (name == "scalar") return only_numbers(*this, *node.arguments.front());
  if (name == "pi") return all_steps(std::numbers::pi);
  if (name == "start") return all_steps(seconds(request.start_ms));
  if (name == "end") return all_steps(seconds(request.end_ms));
  if (name == "range") return all_steps(seconds(request.end_ms - request.start_ms));
  if (name == "step") return all_steps(request.start_ms == request.end_ms ? 0 : seconds(request.step_ms));
  if (name == "time") {
    std::vector<double> times(grid_.count);
    for (std::size_t step = 0; step < times.size(); ++step) times[step] = seconds(grid_.time_of(step));
    return times;
  }
  // max_of and min_of are left.
  std::vector<double> values = scalar(*node.arguments.front());
  const std::vector<double> other = scalar(*node.arguments.back());
  for (std::size_t step = 0; step < values.size(); ++step) {
    values[step] =
        name == "max_of" ? greater_of(values[step], other[step]) : lesser_of(values[step], other[step]);
  }
  return values;
}

}  // namespace kymo::KYMO_ABI::query
