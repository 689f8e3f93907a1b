// Selectors and subqueries: samples from a store, or from an expression.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "evaluator.h"
#include "interpolation.h"

namespace kymo::KYMO_ABI::query {
namespace {

constexpr std::string_view kFewerSeries = "add matchers, or raise the limit on series";

/// A subquery's counts are samples of their own: no hint of the store holds between them.
void forget_hints(SampleColumns& columns) {
  using series::ResetHint;
  for (series::FloatHistogramRef& one : columns.histograms) {
    if (one->hint != ResetHint::reset && one->hint != ResetHint::not_reset) continue;
    auto changed = std::make_shared<series::FloatHistogram>(*one);
    changed->hint = ResetHint::unknown;
    one = std::move(changed);
  }
}

series::SampleUse sample_use_of(WindowUse use) {
  switch (use) {
    case WindowUse::every: return series::SampleUse::every;
    case WindowUse::edges: return series::SampleUse::edges;
    case WindowUse::least: return series::SampleUse::least;
    case WindowUse::greatest: return series::SampleUse::greatest;
    case WindowUse::sum:
    case WindowUse::mean: return series::SampleUse::sum;
    case WindowUse::count: return series::SampleUse::count;
  }
  return series::SampleUse::every;
}

}  // namespace

Shift Evaluator::shift_of(const TimeShift& shift) const {
  Shift made;
  switch (shift.at) {
    case TimeShift::At::evaluation: break;
    case TimeShift::At::time: made.at_ms = shift.at_milliseconds; break;
    case TimeShift::At::start: made.at_ms = context_.request().start_ms; break;
    case TimeShift::At::end: made.at_ms = context_.request().end_ms; break;
  }
  if (shift.offset != nullptr) made.offset_ms = context_.milliseconds_of(*shift.offset, true);
  return made;
}

std::int64_t Evaluator::grid_of(const Shift& shift, std::int64_t range_ms) const {
  const std::int64_t begin = std::gcd(shift.reference(grid_.start_ms), range_ms);
  return grid_.count == 1 || shift.at_ms ? begin : std::gcd(begin, grid_.step_ms);
}

void Evaluator::each_series(
    const std::vector<series::Matcher>& matchers, series::TimeRange range, const series::ReadWish& wish,
    const std::function<void(const series::SeriesRef&, series::SeriesScan&)>& reader) {
  const std::size_t most = context_.options().limits.most_series;
  const auto found = context_.store().find(matchers, range, context_.read_limit(), most + 1);
  if (found.size() > most) {
    throw QueryFailure(QueryFault::too_many_series, "query selects too many series",
                       "; the limit is " + std::to_string(most) + "; " + std::string(kFewerSeries));
  }
  const auto scan = context_.store().scan(context_.read_limit());
  for (const series::SeriesRef& one : found) {
    context_.check_time();
    scan->open_for(one, range, wish);
    reader(one, *scan);
  }
  context_.check_time();
}

const series::SeriesChunk* Evaluator::next_chunk(series::SeriesScan& scan) {
  const series::SeriesChunk* const chunk = scan.next();
  if (chunk != nullptr) context_.count_samples(chunk->times_ms.size());
  return chunk;
}

void Evaluator::each_read(const std::vector<series::Matcher>& matchers, series::TimeRange range,
                          const WindowEdges* edges, WindowUse use, std::int64_t grid_ms,
                          const std::function<void(const series::LabelSet&, SampleColumns&)>& consumer) {
  SampleColumns columns;
  const bool finds_resets = context_.is_counted(matchers);
  if (finds_resets) edges = nullptr;
  std::vector<SampleWeight> counts;
  const auto read_counts = [&](series::SeriesScan& scan) {
    counts.clear();
    while (const series::SeriesChunk* const chunk = next_chunk(scan)) append_counts(*chunk, counts);
  };
  const series::ReadWish wish{sample_use_of(use), grid_ms};
  each_series(matchers, range, wish, [&](const series::SeriesRef& one, series::SeriesScan& scan) {
    const series::LabelSet& labels = one->labels;
    columns.clear();
    if (use == WindowUse::count) {
      read_counts(scan);
      columns.assign_counts(counts);
    } else {
      bool has_fewer = false;
      while (const series::SeriesChunk* const chunk = next_chunk(scan)) {
        columns.append(*chunk, edges);
        has_fewer = has_fewer || chunk->use != series::SampleUse::every;
      }
      if (has_fewer && (use == WindowUse::mean || use == WindowUse::edges)) {
        scan.open_for(one, range, {series::SampleUse::count, grid_ms});
        read_counts(scan);
        columns.set_weights(counts);
      }
    }
    if (finds_resets) columns.find_resets();
    if (columns.times.empty() && columns.histograms.empty()) return;
    const Hold hold(context_, columns.bytes());
    consumer(labels, columns);
  });
}

void Evaluator::each_selected(const Selector& selector, SamplePart part, const Consumer& consumer) {
  LastSamples::Settings settings;
  settings.shift = shift_of(selector.shift);
  settings.lookback_ms = context_.lookback_ms();
  settings.part = part;
  settings.finds_resets = part == SamplePart::value && context_.is_counted(selector.matchers);
  const series::TimeRange range{settings.shift.reference(grid_.start_ms) - settings.lookback_ms + 1,
                                settings.shift.reference(grid_.end_ms())};
  const series::ReadWish wish{series::SampleUse::edges, grid_of(settings.shift, 0)};
  each_series(selector.matchers, range, wish, [&](const series::SeriesRef& one, series::SeriesScan& scan) {
    EvalSeries made;
    made.reserve(grid_.count);
    LastSamples last(grid_, settings);
    while (const series::SeriesChunk* const chunk = next_chunk(scan)) last.add(*chunk, made);
    last.finish(made);
    if (made.empty()) return;
    made.labels = one->labels;
    emit(std::move(made), consumer);
  });
}

void Evaluator::evaluate_selector(const Expression&, const Selector& node, const Consumer& consumer) {
  each_selected(node, SamplePart::value, consumer);
}

void Evaluator::evaluate_smoothed(const Expression& expression, const Selector& node,
                                  const Consumer& consumer) {
  WindowShape shape;
  shape.shift = shift_of(node.shift);
  shape.range_ms = context_.lookback_ms();
  shape.after_ms = context_.lookback_ms();
  const series::TimeRange range{shape.shift.reference(grid_.start_ms) - shape.range_ms + 1,
                                shape.shift.reference(grid_.end_ms()) + shape.after_ms};
  const auto interpolate = [&](const series::LabelSet& labels, const SampleColumns& columns) {
    EvalSeries made;
    made.labels = labels;
    WindowWalk walk(columns, shape);
    for (std::size_t step = 0; step < grid_.count; ++step) {
      const Window window = walk.at(grid_.time_of(step));
      const Interpolation at{context_.notes(), expression.span, labels.name()};
      if (!window.times.empty() && !window.histograms.empty()) {
        context_.notes().add(Note::mixed_range, expression.span, labels.name());
      } else if (!window.histograms.empty()) {
        if (auto histogram = at.histogram_at(window, window.end_ms)) made.set(step, std::move(histogram));
      } else if (const auto number = at.number_at(window, window.end_ms)) {
        made.set(step, *number);
      }
    }
    emit(std::move(made), consumer);
  };
  each_read(node.matchers, range, nullptr, WindowUse::every, 0, interpolate);
}

WindowShape Evaluator::shape_of(const Expression& range) const {
  WindowShape shape;
  const Expression& node = inner(range);
  if (const auto* const subquery = node.as<Subquery>()) {
    shape.shift = shift_of(subquery->shift);
    shape.range_ms = context_.milliseconds_of(subquery->range, false);
    return shape;
  }
  const auto& selector = *node.as<RangeSelector>();
  shape.shift = shift_of(selector.selector.shift);
  shape.range_ms = context_.milliseconds_of(selector.range, false);
  shape.edges = selector.selector.edges;
  if (shape.edges != RangeEdges::plain) shape.before_ms = context_.lookback_ms();
  if (shape.edges == RangeEdges::smoothed) shape.after_ms = context_.lookback_ms();
  return shape;
}

void Evaluator::each_window(const Expression& expression, bool needs_edges_alone, WindowUse use,
                            const WindowConsumer& consumer) {
  const WindowShape shape = shape_of(expression);
  const WindowEdges edges{grid_, shape};
  const std::int64_t first = shape.shift.reference(grid_.start_ms) - shape.range_ms;
  const std::int64_t last = shape.shift.reference(grid_.end_ms());
  const Expression& node = inner(expression);
  if (const auto* const selector = node.as<RangeSelector>()) {
    const series::TimeRange range{first - shape.before_ms + 1, last + shape.after_ms};
    each_read(
        selector->selector.matchers, range, needs_edges_alone ? &edges : nullptr, use,
        grid_of(shape.shift, shape.range_ms),
        [&](const series::LabelSet& labels, SampleColumns& columns) { consumer(labels, false, columns); });
    return;
  }
  const auto& subquery = *node.as<Subquery>();
  const std::int64_t step = subquery.step ? context_.milliseconds_of(*subquery.step, false)
                                          : context_.options().subquery_step.count();
  std::int64_t start = first / step * step;
  if (start <= first) start += step;
  if (last < start) return;
  const auto count = static_cast<std::uint64_t>((last - start) / step) + 1;
  if (count > context_.options().limits.most_subquery_steps) {
    throw QueryFailure(QueryFault::too_many_steps, "subquery has too many steps",
                       "; the limit is " + std::to_string(context_.options().limits.most_subquery_steps) +
                           "; shorten its range, or widen its step");
  }
  Evaluator below(context_, Grid{start, step, static_cast<std::size_t>(count)});
  SampleColumns columns;
  below.each(*subquery.operand, [&](EvalSeries&& series) {
    columns.clear();
    columns.append(series, below.grid());
    forget_hints(columns);
    const Hold hold(context_, columns.bytes());
    consumer(series.labels, series.drops_name, columns);
  });
}

}  // namespace kymo::KYMO_ABI::query
