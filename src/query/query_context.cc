#include "query_context.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <variant>

#include <kymo/query/duration_text.h>
#include <kymo/query/parser.h>

namespace kymo::KYMO_ABI::query {
namespace {

constexpr std::array<std::string_view, 15> kOfTime = {
    "day_of_month",   "day_of_week", "day_of_year", "days_in_month", "end",  "hour",      "minute", "month",
    "predict_linear", "range",       "start",       "step",          "time", "timestamp", "year"};

bool is_pinned(const TimeShift& shift) { return shift.at != TimeShift::At::evaluation; }

}  // namespace

bool depends_on_time(std::string_view function) noexcept {
  return std::ranges::find(kOfTime, function) != kOfTime.end();
}

const Expression& inner(const Expression& expression) {
  const Expression* at = &expression;
  while (const auto* const node = at->as<Parenthesized>()) at = node->operand.get();
  return *at;
}

QueryContext::QueryContext(const series::SeriesReader& store, const EngineOptions& options,
                           const QueryRequest& request)
    : store_(store),
      options_(options),
      request_(request),
      lookback_ms_(request.lookback.value_or(options.lookback).count()),
      most_time_(std::min(request.most_time.value_or(options.limits.most_time), options.limits.most_time)),
      deadline_(std::chrono::steady_clock::now() + most_time_) {}

/// Whether the expression gives the same at every step. Marks such as cost a look at data, so that the
/// evaluator looks once.
bool QueryContext::mark_constant(const Expression& expression) {
  const bool is_constant = std::visit(
      [&]<class Node>(const Node& node) {
        if constexpr (std::is_same_v<Node, Selector>) {
          return is_pinned(node.shift);
        } else if constexpr (std::is_same_v<Node, RangeSelector>) {
          return is_pinned(node.selector.shift);
        } else if constexpr (std::is_same_v<Node, Subquery>) {
          mark_constant(*node.operand);
          return is_pinned(node.shift);
        } else if constexpr (std::is_same_v<Node, Parenthesized> || std::is_same_v<Node, Unary>) {
          return mark_constant(*node.operand);
        } else if constexpr (std::is_same_v<Node, Binary>) {
          const bool is_left = mark_constant(*node.left);
          return mark_constant(*node.right) && is_left;
        } else if constexpr (std::is_same_v<Node, Aggregation>) {
          const bool has_parameter = node.parameter == nullptr || mark_constant(*node.parameter);
          return mark_constant(*node.operand) && has_parameter;
        } else if constexpr (std::is_same_v<Node, Call>) {
          bool are_constant = true;
          for (const ExpressionPtr& one : node.arguments) are_constant = mark_constant(*one) && are_constant;
          const std::string_view name = node.function->name;
          if (name == "timestamp" && inner(*node.arguments.front()).template as<Selector>() != nullptr) {
            return are_constant;
          }
          return are_constant && !depends_on_time(name);
        } else {
          return true;
        }
      },
      expression.node);
  if (is_constant && expression.type == ValueType::vector) constant_.insert(&expression);
  return is_constant;
}

/// Functions of counts and sums need no buckets; those of buckets around or below them do.
void QueryContext::mark_counted(const Expression& expression, bool is_counted, bool may_be_counted) {
  const auto mark = [&](const ExpressionPtr& below) { mark_counted(*below, is_counted, may_be_counted); };
  if (const auto* const selector = expression.as<Selector>()) {
    if (is_counted) counted_.insert(&selector->matchers);
  } else if (const auto* const range = expression.as<RangeSelector>()) {
    if (is_counted) counted_.insert(&range->selector.matchers);
  } else if (const auto* const subquery = expression.as<Subquery>()) {
    mark_counted(*subquery->operand, false, false);
  } else if (const auto* const group = expression.as<Parenthesized>()) {
    mark(group->operand);
  } else if (const auto* const unary = expression.as<Unary>()) {
    mark(unary->operand);
  } else if (const auto* const binary = expression.as<Binary>()) {
    if (binary->op->kind == OperatorKind::trimming) is_counted = may_be_counted = false;
    mark(binary->left);
    mark(binary->right);
  } else if (const auto* const aggregation = expression.as<Aggregation>()) {
    mark(aggregation->operand);
  } else if (const auto* const call = expression.as<Call>()) {
    static constexpr std::array<std::string_view, 3> kCounts = {"histogram_avg", "histogram_count",
                                                                "histogram_sum"};
    static constexpr std::array<std::string_view, 3> kBuckets = {"histogram_fraction", "histogram_quantile",
                                                                 "histogram_quantiles"};
    const auto is_one_of = [&](const auto& names) {
      return std::ranges::find(names, call->function->name) != names.end();
    };
    if (is_one_of(kBuckets)) is_counted = may_be_counted = false;
    if (is_one_of(kCounts)) is_counted = may_be_counted;
    for (const ExpressionPtr& one : call->arguments) mark(one);
  }
}

std::int64_t QueryContext::milliseconds_of(const Duration& duration, bool may_be_negative) const {
  constexpr double kMostMilliseconds = 9e15;
  const double seconds = seconds_of(duration);
  const double milliseconds = duration.is_literal() ? std::round(seconds * 1000) : std::trunc(seconds * 1000);
  if (std::isnan(seconds) || std::abs(milliseconds) > kMostMilliseconds) {
    fail("duration is out of range", duration.span, "the calculation must give at most 292 years");
  }
  if (milliseconds <= 0 && !may_be_negative) {
    fail("duration must be greater than 0", duration.span,
         "the calculation gives " + std::to_string(seconds) + " seconds");
  }
  return static_cast<std::int64_t>(milliseconds);
}

double QueryContext::seconds_of(const Duration& duration) const {
  constexpr double kMillisecondsPerSecond = 1000;
  const double left = duration.left == nullptr ? 0 : seconds_of(*duration.left);
  const double right = duration.right == nullptr ? 0 : seconds_of(*duration.right);
  const auto seconds = [&](std::int64_t milliseconds) {
    return static_cast<double>(milliseconds) / kMillisecondsPerSecond;
  };
  using enum Duration::Kind;
  if (right == 0 && (duration.kind == divide || duration.kind == modulo)) {
    fail(duration.kind == divide ? "division by zero" : "modulo by zero", duration.span,
         "divide by a duration above 0");
  }
  switch (duration.kind) {
    case literal: return duration.seconds;
    case step: return seconds(request_.step_ms);
    case range: return seconds(request_.end_ms - request_.start_ms);
    case negate: return -right;
    case plus: return right;
    case add: return left + right;
    case subtract: return left - right;
    case multiply: return left * right;
    case divide: return left / right;
    case modulo: return std::fmod(left, right);
    case power: return std::pow(left, right);
    case min_of: return std::min(left, right);
    case max_of: return std::max(left, right);
  }
  return 0;
}

void QueryContext::fail(const std::string& cause, Span span, std::string_view remedy) const {
  std::string rest = " at " + position_text(request_.query, span.begin);
  if (!remedy.empty()) rest.append("; ").append(remedy);
  throw QueryFailure(QueryFault::evaluation, cause, rest);
}

void QueryContext::check_time() const {
  if (request_.stop.stop_requested()) {
    throw QueryFailure(QueryFault::canceled, "query canceled", "; the client has gone");
  }
  if (std::chrono::steady_clock::now() >= deadline_) {
    throw QueryFailure(QueryFault::timeout, "query timed out",
                       " after " + milliseconds_text(most_time_.count()) +
                           "; select fewer series or a shorter range, or raise the limit on time");
  }
}

void QueryContext::count_samples(std::uint64_t samples) {
  samples_ += samples;
  if (samples_ <= options_.limits.most_samples) return;
  throw QueryFailure(QueryFault::too_many_samples,
                     "query processing would load too many samples into memory in query execution",
                     "; the limit is " + std::to_string(options_.limits.most_samples) +
                         " samples; select fewer series or a shorter range, or raise the limit");
}

void QueryContext::hold(std::size_t bytes) {
  bytes_ += bytes;
  peak_bytes_ = std::max(peak_bytes_, bytes_);
  if (bytes_ <= options_.limits.most_bytes) return;
  throw QueryFailure(QueryFault::too_much_memory, "query needs too much memory",
                     "; the limit is " + std::to_string(options_.limits.most_bytes) +
                         " bytes; select fewer series or a longer step, or raise the limit");
}

}  // namespace kymo::KYMO_ABI::query
