// Aggregators with one result a group.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include <kymo/base/utf8.h>
#include <kymo/query/quoting.h>

#include "evaluator.h"
#include "grouping.h"
#include "histogram_math.h"
#include "number_texts.h"
#include "order.h"

namespace kymo::KYMO_ABI::query {
namespace {

/// One group of an aggregation at one step, so far.
struct Cell {
  std::uint64_t count = 0;  ///< numbers, and histograms where the aggregator takes them
  bool has_number = false;
  bool has_histogram = false;
  bool is_incompatible = false;
  bool saw_reset = false;
  bool saw_no_reset = false;
  double value = 0;  ///< least, greatest, or the sum of squares
  double mean = 0;
  Compensated sum;
  std::optional<CompensatedMean> number_mean;
  std::unique_ptr<HistogramSum> histogram_sum;
  std::unique_ptr<HistogramMean> histogram_mean;
  std::vector<double> values;
};

/// Shared by all cells of one aggregation.
struct CellContext {
  Annotations& notes;
  Span span;  ///< of the operand
  std::string_view name;
};

void ignore_histogram(const CellContext& context) {
  context.notes.add(Note::ignored_in_aggregation, context.span, context.name);
}

void note_outcome(Cell& cell, const HistogramOutcome& outcome, const CellContext& context,
                  std::string_view metric) {
  if (!outcome.is_compatible) {
    context.notes.add(Note::mixed_bounds, context.span, metric);
    cell.is_incompatible = true;
  }
  if (outcome.changed_bounds) context.notes.add(Note::changed_bounds, context.span, "aggregation");
}

void note_hint(Cell& cell, const FloatHistogram& histogram) {
  cell.has_histogram = true;
  cell.saw_reset = cell.saw_reset || histogram.hint == series::ResetHint::reset;
  cell.saw_no_reset = cell.saw_no_reset || histogram.hint == series::ResetHint::not_reset;
}

/// One sample for a cell.
struct CellSample {
  double number = kAbsent;
  const FloatHistogram* histogram = nullptr;
  std::string_view metric;
};

void add_to_sum(Cell& cell, const CellSample& sample, const CellContext& context) {
  if (sample.histogram == nullptr) {
    if (cell.has_number) {
      cell.sum += sample.number;
    } else {
      cell.sum = {sample.number, 0};
    }
    cell.has_number = true;
    return;
  }
  note_hint(cell, *sample.histogram);
  if (cell.has_number || cell.is_incompatible) return;
  if (cell.histogram_sum == nullptr) {
    cell.histogram_sum = std::make_unique<HistogramSum>(*sample.histogram);
  } else {
    note_outcome(cell, cell.histogram_sum->add(*sample.histogram), context, sample.metric);
  }
}

void add_to_mean(Cell& cell, const CellSample& sample, const CellContext& context) {
  if (sample.histogram == nullptr) {
    cell.has_number = true;
    if (cell.number_mean) {
      *cell.number_mean += sample.number;
    } else {
      cell.number_mean.emplace(sample.number);
    }
    return;
  }
  note_hint(cell, *sample.histogram);
  if (cell.has_number || cell.is_incompatible) return;
  if (cell.histogram_mean == nullptr) {
    cell.histogram_mean = std::make_unique<HistogramMean>(*sample.histogram);
  } else {
    note_outcome(cell, cell.histogram_mean->add(*sample.histogram), context, sample.metric);
  }
}

void add_to_count(Cell&, const CellSample&, const CellContext&) {}

template <class Wins>
void choose(Cell& cell, const CellSample& sample, const CellContext& context, Wins wins) {
  if (sample.histogram != nullptr) {
    ignore_histogram(context);
    return;
  }
  if (!cell.has_number || std::isnan(cell.value) || wins(sample.number, cell.value))
    cell.value = sample.number;
  cell.has_number = true;
}

void add_to_least(Cell& cell, const CellSample& sample, const CellContext& context) {
  choose(cell, sample, context, std::less<double>());
}

void add_to_greatest(Cell& cell, const CellSample& sample, const CellContext& context) {
  choose(cell, sample, context, std::greater<double>());
}

/// Source: B. P. Welford, "Note on a Method for Calculating Corrected Sums of Squares and Products" (1962).
void add_to_variance(Cell& cell, const CellSample& sample, const CellContext& context) {
  if (sample.histogram != nullptr) {
    ignore_histogram(context);
    return;
  }
  if (!cell.has_number) {
    cell.has_number = true;
    cell.mean = sample.number;
    cell.value = std::isfinite(sample.number) ? 0 : std::numeric_limits<double>::quiet_NaN();
    cell.values.assign(1, 1.0);
    return;
  }
  double& count = cell.values.front();
  count += 1;
  const double distance = sample.number - cell.mean;
  cell.mean += distance / count;
  cell.value += distance * (sample.number - cell.mean);
}

void add_to_values(Cell& cell, const CellSample& sample, const CellContext& context) {
  if (sample.histogram != nullptr) {
    ignore_histogram(context);
    return;
  }
  cell.has_number = true;
  cell.values.push_back(sample.number);
}

/// The result of a cell: a number, a histogram, or neither.
struct CellResult {
  double number = kAbsent;
  FloatHistogramRef histogram;
};

/// The result of a sum or mean, unless numbers and histograms came together.
CellResult result_of_terms(const Cell& cell, const CellContext& context) {
  if (cell.has_number && cell.has_histogram) {
    context.notes.add(Note::mixed_aggregation, context.span);
    return {};
  }
  if (cell.is_incompatible) return {};
  if (cell.saw_reset && cell.saw_no_reset) {
    context.notes.add(Note::reset_conflict, context.span, "aggregation");
  }
  if (cell.has_number) return {cell.number_mean ? cell.number_mean->value() : cell.sum.value(), nullptr};
  const FloatHistogram value =
      cell.histogram_sum != nullptr ? cell.histogram_sum->value() : cell.histogram_mean->value();
  return {kAbsent, std::make_shared<const FloatHistogram>(value)};
}

CellResult result_of_count(const Cell& cell, const CellContext&) {
  return {static_cast<double>(cell.count), nullptr};
}
CellResult result_of_group(const Cell&, const CellContext&) { return {1, nullptr}; }
CellResult result_of_choice(const Cell& cell, const CellContext&) {
  return {cell.has_number ? cell.value : kAbsent, nullptr};
}
CellResult result_of_variance(const Cell& cell, const CellContext&) {
  return {cell.has_number ? cell.value / cell.values.front() : kAbsent, nullptr};
}
CellResult result_of_deviation(const Cell& cell, const CellContext&) {
  return {cell.has_number ? std::sqrt(cell.value / cell.values.front()) : kAbsent, nullptr};
}

/// Adds a series to the cells of its group, a cell a step.
template <void (*add)(Cell&, const CellSample&, const CellContext&)>
void add_series(std::vector<Cell>& cells, const EvalSeries& series, const CellContext& context) {
  const std::string_view metric = series.labels.name();
  for (std::size_t step = series.begin_step(); step < series.end_step(); ++step) {
    const CellSample sample{series.number(step), series.histogram(step).get(), metric};
    if (is_absent(sample.number) && sample.histogram == nullptr) continue;
    Cell& cell = cells[step];
    ++cell.count;
    add(cell, sample, context);
  }
}

/// How an aggregator folds the samples of a group into one.
struct FoldRow {
  std::string_view name;
  void (*add)(std::vector<Cell>& cells, const EvalSeries& series, const CellContext& context);
  CellResult (*result)(const Cell&, const CellContext&);
};

constexpr std::array kFolds = {
    FoldRow{"avg", add_series<add_to_mean>, result_of_terms},
    FoldRow{"count", add_series<add_to_count>, result_of_count},
    FoldRow{"group", add_series<add_to_count>, result_of_group},
    FoldRow{"max", add_series<add_to_greatest>, result_of_choice},
    FoldRow{"min", add_series<add_to_least>, result_of_choice},
    FoldRow{"quantile", add_series<add_to_values>, nullptr},
    FoldRow{"stddev", add_series<add_to_variance>, result_of_deviation},
    FoldRow{"stdvar", add_series<add_to_variance>, result_of_variance},
    FoldRow{"sum", add_series<add_to_sum>, result_of_terms},
};

void note_quantiles(Evaluator& evaluator, const std::vector<double>& quantiles, Span span) {
  Annotations& notes = evaluator.context().notes();
  const auto note = [&](double q) { notes.add(Note::invalid_quantile, span, general_number_text(q)); };
  double least = 0;
  double most = 1;
  bool has_nan = false;
  for (const double q : quantiles) {
    has_nan = has_nan || std::isnan(q);
    least = std::min(least, q);
    most = std::max(most, q);
  }
  if (has_nan) note(std::numeric_limits<double>::quiet_NaN());
  if (most > 1) note(most);
  if (least < 0) note(least);
}

/// Folds a vector, a series at a time, into cells of each group and step.
void fold(Evaluator& evaluator, const Aggregation& node, const FoldRow& row,
          const Evaluator::Consumer& consumer) {
  struct Group {
    EvalSeries result;
    std::vector<Cell> cells;
    Hold hold;
  };
  const Grouping grouping(node);
  const std::size_t count = evaluator.grid().count;
  const CellContext context{evaluator.context().notes(), inner(*node.operand).span, row.name};
  std::vector<double> quantiles;
  if (node.parameter != nullptr) {
    quantiles = evaluator.scalar(*node.parameter);
    note_quantiles(evaluator, quantiles, inner(*node.parameter).span);
  }
  std::unordered_map<series::LabelSet, std::size_t> places;
  std::vector<Group> groups;
  evaluator.each(*node.operand, [&](EvalSeries&& series) {
    series::LabelSet labels = grouping.of(series.labels);
    const auto [known, is_new] = places.try_emplace(std::move(labels), groups.size());
    if (is_new) {
      groups.emplace_back();
      groups.back().hold = Hold(evaluator.context(), count * sizeof(Cell));
      groups.back().result.labels = known->first;
      groups.back().cells.resize(count);
    }
    Group& group = groups[known->second];
    group.result.drops_name = group.result.drops_name || series.drops_name;
    row.add(group.cells, series, context);
  });
  for (Group& group : groups) {
    for (std::size_t step = 0; step < count; ++step) {
      Cell& cell = group.cells[step];
      if (cell.count == 0) continue;
      CellResult result;
      if (row.result != nullptr) {
        result = row.result(cell, context);
      } else if (cell.has_number) {
        result.number = quantile_among(quantiles[step], cell.values);
      }
      if (result.histogram != nullptr) {
        group.result.set(step, std::move(result.histogram));
      } else if (!is_absent(result.number)) {
        group.result.set(step, result.number);
      }
    }
    group.cells.clear();
    evaluator.emit(std::move(group.result), consumer);
  }
}

void count_values(Evaluator& evaluator, const Aggregation& node, const Evaluator::Consumer& consumer) {
  const Expression& parameter = inner(*node.parameter);
  const std::string& key = parameter.as<StringLiteral>()->value;
  if (key.empty() || !base::is_utf8(key)) {
    evaluator.context().fail("invalid label name " + quote(key), parameter.span,
                             "name a label with UTF-8 characters");
  }
  const Grouping grouping(node, key);
  std::unordered_map<series::LabelSet, std::size_t> places;
  std::vector<EvalSeries> counts;
  evaluator.each(*node.operand, [&](EvalSeries&& series) {
    for (std::size_t step = series.begin_step(); step < series.end_step(); ++step) {
      if (!series.has(step)) continue;
      const auto& histogram = series.histogram(step);
      const std::string value =
          histogram == nullptr ? plain_number_text(series.number(step)) : text_of(*histogram);
      series::LabelSet labels = grouping.of(series.labels.with(key, value));
      const auto [known, is_new] = places.try_emplace(std::move(labels), counts.size());
      if (is_new) {
        counts.emplace_back();
        counts.back().labels = known->first;
      }
      EvalSeries& count = counts[known->second];
      const double before = count.number(step);
      count.set(step, is_absent(before) ? 1 : before + 1);
      if (is_new) count.hold(evaluator.context());
    }
  });
  for (EvalSeries& count : counts) evaluator.emit(std::move(count), consumer);
}

}  // namespace

void evaluate_aggregation(Evaluator& evaluator, const Expression& expression, const Aggregation& node,
                          const Evaluator::Consumer& consumer) {
  const auto row = std::ranges::find(kFolds, node.op->name, &FoldRow::name);
  if (row != kFolds.end()) {
    fold(evaluator, node, *row, consumer);
  } else if (node.op->name == "count_values") {
    count_values(evaluator, node, consumer);
  } else {
    evaluate_choice(evaluator, expression, node, consumer);
  }
}

}  // namespace kymo::KYMO_ABI::query
