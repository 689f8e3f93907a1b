#include <kymo/query/engine.h>

#include <algorithm>
#include <utility>

#include "evaluator.h"
#include "interpolation.h"
#include "sample_columns.h"

namespace kymo::KYMO_ABI::query {
namespace {

ResultSeries result_of(const EvalSeries& series, const Grid& grid) {
  ResultSeries made;
  made.labels = series.labels;
  for (std::size_t step = series.begin_step(); step < series.end_step(); ++step) {
    if (const auto& histogram = series.histogram(step)) {
      made.histograms.push_back({grid.time_of(step), histogram});
    } else if (const double number = series.number(step); !is_absent(number)) {
      made.numbers.push_back({grid.time_of(step), number});
    }
  }
  return made;
}

/// The samples of a range selector as they are, with one at each edge of an extended range.
ResultSeries samples_of(const series::LabelSet& labels, const Window& window, Annotations& notes, Span span) {
  ResultSeries made;
  made.labels = labels;
  const bool is_extended = window.edges != RangeEdges::plain && !window.times.empty();
  const bool is_smoothed = window.edges == RangeEdges::smoothed;
  const auto edge = [&](std::int64_t at) {
    const auto after = std::ranges::upper_bound(window.times, at) - window.times.begin();
    const auto place = static_cast<std::size_t>(std::max<std::ptrdiff_t>(after - 1, 0));
    const auto smooth =
        is_smoothed ? Interpolation{notes, span, labels.name()}.number_at(window, at) : std::nullopt;
    made.numbers.push_back({at, smooth.value_or(window.values[place])});
  };
  const bool is_there = !is_extended || window.times.back() > window.begin_ms;
  if (is_extended && is_there) edge(window.begin_ms);
  for (std::size_t i = 0; is_there && i < window.times.size(); ++i) {
    const bool is_inside = window.times[i] > window.begin_ms && window.times[i] < window.end_ms;
    if (!is_extended || is_inside) made.numbers.push_back({window.times[i], window.values[i]});
  }
  if (is_extended && is_there) edge(window.end_ms);
  for (std::size_t i = 0; i < window.histograms.size(); ++i) {
    made.histograms.push_back({window.histogram_times[i], window.histograms[i]});
  }
  return made;
}

/// A range selector or subquery alone.
void run_matrix(Evaluator& evaluator, const Expression& expression, QueryResult& result) {
  const Expression& node = inner(expression);
  const WindowShape shape = evaluator.shape_of(node);
  evaluator.each_window(node, false, WindowUse::every,
                        [&](const series::LabelSet& labels, bool drops_name, const SampleColumns& columns) {
                          QueryContext& context = evaluator.context();
                          if (shape.edges != RangeEdges::plain && !columns.histograms.empty()) {
                            context.fail(
                                std::string(shape.edges == RangeEdges::anchored ? "anchored" : "smoothed") +
                                    " modifier is not supported with histograms",
                                node.span, "use it within a function such as increase()");
                          }
                          const Window window = WindowWalk(columns, shape).at(evaluator.grid().start_ms);
                          ResultSeries made = samples_of(labels, window, context.notes(), node.span);
                          if (drops_name) made.labels = made.labels.without(kNameLabels);
                          if (!made.numbers.empty() || !made.histograms.empty())
                            result.series.push_back(std::move(made));
                        });
}

void run_vector(Evaluator& evaluator, const Expression& expression, QueryResult& result) {
  std::vector<EvalSeries> all = evaluator.all(expression);
  for (EvalSeries& series : all) {
    if (series.drops_name) series.labels = series.labels.without(kNameLabels);
  }
  for (EvalSeries& series : evaluator.joined(std::move(all), expression.span)) {
    result.series.push_back(result_of(series, evaluator.grid()));
  }
}

void run_scalar(Evaluator& evaluator, const Expression& expression, QueryResult& result) {
  const std::vector<double> values = evaluator.scalar(expression);
  result.scalar = values.front();
  if (result.type == ValueType::scalar) return;
  ResultSeries series;
  for (std::size_t step = 0; step < values.size(); ++step) {
    series.numbers.push_back({evaluator.grid().time_of(step), values[step]});
  }
  result.series.push_back(std::move(series));
}

/// The steps of a request. Throws QueryFailure where there are too many.
Grid grid_of(const QueryRequest& request, const QueryLimits& limits) {
  if (request.step_ms <= 0) return {request.start_ms, 1, 1};
  if (request.end_ms < request.start_ms) {
    throw QueryFailure(QueryFault::evaluation, "end timestamp must not be before start time",
                       "; swap start and end");
  }
  const std::uint64_t length =
      static_cast<std::uint64_t>(request.end_ms) - static_cast<std::uint64_t>(request.start_ms);
  const std::uint64_t count = length / static_cast<std::uint64_t>(request.step_ms) + 1;
  if (count > limits.most_steps) {
    throw QueryFailure(
        QueryFault::too_many_steps,
        "exceeded maximum resolution of " + std::to_string(limits.most_steps) + " points per timeseries",
        "; the query has " + std::to_string(count) + " steps: widen the step");
  }
  return {request.start_ms, request.step_ms, static_cast<std::size_t>(count)};
}

QueryResult run_query(QueryContext& context, const Expression& expression, const Grid& grid) {
  const bool is_range = context.request().step_ms > 0;
  QueryResult result;
  result.type = is_range ? ValueType::matrix : expression.type;
  Evaluator evaluator(context, grid);
  context.prepare(expression);
  switch (expression.type) {
    case ValueType::scalar: run_scalar(evaluator, expression, result); break;
    case ValueType::vector: run_vector(evaluator, expression, result); break;
    case ValueType::matrix: run_matrix(evaluator, expression, result); break;
    case ValueType::string: result.text = inner(expression).as<StringLiteral>()->value; break;
  }
  if (result.type == ValueType::matrix) std::ranges::sort(result.series, {}, &ResultSeries::labels);
  context.notes().write(context.request().query, result.warnings, result.infos);
  result.read_samples = context.samples();
  result.peak_bytes = context.peak_bytes();
  return result;
}

}  // namespace

QueryResult Engine::run(const series::SeriesReader& store, const QueryRequest& request) const {
  queries_.fetch_add(1, std::memory_order_relaxed);
  ParseOptions parsing;
  parsing.max_bytes = options_.limits.most_bytes_of_text;
  parsing.max_depth = options_.limits.most_levels;
  parsing.takes_experimental = options_.takes_experimental;
  const ExpressionPtr expression = parse(request.query, parsing);
  QueryContext context(store, options_, request);
  try {
    const bool has_steps = request.step_ms > 0;
    const bool fits = expression->type == ValueType::scalar || expression->type == ValueType::vector;
    if (has_steps && !fits) {
      context.fail("invalid expression type " + std::string(text_of(expression->type)) + " for range query",
                   expression->span, "must be scalar or instant vector");
    }
    QueryResult result = run_query(context, *expression, grid_of(request, options_.limits));
    samples_.fetch_add(context.samples(), std::memory_order_relaxed);
    return result;
  } catch (const QueryFailure& failure) {
    samples_.fetch_add(context.samples(), std::memory_order_relaxed);
    failures_.at(static_cast<std::size_t>(failure.fault())).fetch_add(1, std::memory_order_relaxed);
    throw;
  }
}

EngineFigures Engine::figures() const noexcept {
  EngineFigures figures;
  figures.queries = queries_.load(std::memory_order_relaxed);
  figures.samples = samples_.load(std::memory_order_relaxed);
  for (std::size_t i = 0; i < kQueryFaults; ++i) {
    figures.failures.at(i) = failures_.at(i).load(std::memory_order_relaxed);
  }
  return figures;
}

}  // namespace kymo::KYMO_ABI::query
