// Calls of functions: of ranges here, of vectors in files by subject.
#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "range_functions.h"
#include "vector_functions.h"

namespace kymo::KYMO_ABI::query {
namespace {

bool is_range(const ExpressionPtr& argument) { return argument->type == ValueType::matrix; }

bool is_one_of(std::string_view name, std::span<const std::string_view> names) {
  return std::ranges::find(names, name) != names.end();
}

/// The modifiers `anchored` and `smoothed` change few functions.
void check_edges(QueryContext& context, const Function& function, const Expression& range, RangeEdges edges) {
  if (edges == RangeEdges::plain) return;
  const bool is_anchored = edges == RangeEdges::anchored;
  const auto takes = [&](const Function& one) {
    return is_anchored ? one.takes_anchored : one.takes_smoothed;
  };
  if (takes(function)) return;
  std::string names;
  for (const Function& one : functions()) {
    if (takes(one)) names.append(names.empty() ? "" : ", ").append(one.name);
  }
  context.fail(std::string(is_anchored ? "anchored" : "smoothed") +
                   " modifier can only be used with: " + names + " - not with " + std::string(function.name),
               range.span, "remove the modifier");
}

/// Notes where a rate is taken of something that is probably no count.
void note_non_counter(QueryContext& context, Span span, const series::LabelSet& labels) {
  static constexpr std::array<std::string_view, 4> kEndings = {"_total", "_sum", "_count", "_bucket"};
  const std::string_view name = labels.name();
  if (name.empty()) return;
  if (context.options().has_type_labels) {
    const std::string_view type = labels.get("__type__");
    if (type != "counter" && type != "histogram") {
      context.notes().add(Note::possible_non_counter_type, span, name, type);
    }
  } else if (std::ranges::none_of(kEndings, [&](std::string_view end) { return name.ends_with(end); })) {
    context.notes().add(Note::possible_non_counter, span, name);
  }
}

RangeSweep sweep_of(std::string_view name) {
  const RangeSweep sweep = find_rate_sweep(name);
  return sweep != nullptr ? sweep : find_over_time_sweep(name);
}

/// The part of a range that a function needs, where a store may answer with less than every sample.
WindowUse use_of(std::string_view function) {
  static constexpr std::array<std::string_view, 9> kEdges = {"absent_over_time",
                                                             "delta",
                                                             "first_over_time",
                                                             "increase",
                                                             "last_over_time",
                                                             "present_over_time",
                                                             "rate",
                                                             "ts_of_first_over_time",
                                                             "ts_of_last_over_time"};
  if (is_one_of(function, kEdges)) return WindowUse::edges;
  if (function == "min_over_time") return WindowUse::least;
  if (function == "max_over_time") return WindowUse::greatest;
  if (function == "sum_over_time") return WindowUse::sum;
  if (function == "avg_over_time") return WindowUse::mean;
  return function == "count_over_time" ? WindowUse::count : WindowUse::every;
}

/// A function of a range, applied to each series.
class RangeEvaluation {
 public:
  RangeEvaluation(Evaluator& evaluator, const Call& node, RangeFunction function)
      : evaluator_(evaluator),
        context_(evaluator.context()),
        function_(function),
        span_(inner(*node.arguments.front()).span),
        range_(**std::ranges::find_if(node.arguments, is_range)),
        shape_(evaluator.shape_of(range_)) {
    static constexpr std::array<std::string_view, 4> kWithStarts = {"increase", "irate", "rate", "resets"};
    static constexpr std::array<std::string_view, 2> kCounters = {"increase", "rate"};
    static constexpr std::array<std::string_view, 2> kKeepName = {"first_over_time", "last_over_time"};
    const std::string_view name = node.function->name;
    check_edges(context_, *node.function, range_, shape_.edges);
    uses_starts_ = context_.options().uses_start_times && is_one_of(name, kWithStarts);
    is_of_counter_ = is_one_of(name, kCounters);
    sweep_ = shape_.edges == RangeEdges::plain ? sweep_of(name) : nullptr;
    if (shape_.edges == RangeEdges::plain) use_ = use_of(name);
    // The samples are counts then, of a selector only.
    if (use_ == WindowUse::count && inner(range_).as<RangeSelector>() != nullptr)
      function_ = find_over_time_function("sum_over_time");
    removes_name_ = !is_one_of(name, kKeepName);
    for (const ExpressionPtr& one : node.arguments) {
      if (!is_range(one)) scalars_.push_back(evaluator.scalar(*one));
    }
    arguments_.resize(scalars_.size());
  }

  void run(const Evaluator::Consumer& consumer) {
    const bool may_join = removes_name_ && !context_.delays_names() && !evaluator_.selects_one_name(range_);
    std::vector<EvalSeries> made;
    const bool needs_edges_alone = is_of_counter_ && shape_.edges == RangeEdges::plain;
    evaluator_.each_window(range_, needs_edges_alone, use_,
                           [&](const series::LabelSet& labels, bool drops_name, SampleColumns& columns) {
                             EvalSeries series = evaluate(labels, columns);
                             series.drops_name = drops_name;
                             if (removes_name_) evaluator_.remove_name(series);
                             if (may_join) {
                               made.push_back(std::move(series));
                             } else {
                               evaluator_.emit(std::move(series), consumer);
                             }
                           });
    for (EvalSeries& series : evaluator_.joined(std::move(made), span_)) {
      evaluator_.emit(std::move(series), consumer);
    }
  }

 private:
  EvalSeries evaluate(const series::LabelSet& labels, SampleColumns& columns) {
    constexpr std::size_t kWorkBetweenLooks = 1'000'000;
    const Grid& grid = evaluator_.grid();
    EvalSeries series;
    series.labels = labels;
    series.reserve(grid.count);
    bool has_numbers = false;
    if (is_of_counter_ && shape_.edges == RangeEdges::plain) columns.find_falls();
    if (!uses_starts_) columns.only_start = 0;
    if (sweep_ != nullptr && columns.histograms.empty() && columns.starts.empty() &&
        columns.weights.empty()) {
      sweep_({grid, shape_, columns, series});
      if (is_of_counter_ && series.has_samples()) note_non_counter(context_, span_, labels);
      return series;
    }
    columns.spread_start();
    WindowWalk walk(columns, shape_);
    for (std::size_t step = 0; step < grid.count; ++step) {
      Window window = walk.at(grid.time_of(step));
      work_ += 1 + window.times.size() + window.histograms.size();
      if (work_ >= kWorkBetweenLooks) {
        work_ = 0;
        context_.check_time();
      }
      if (window.empty()) continue;
      if (!uses_starts_) window.starts = window.histogram_starts = {};
      for (std::size_t i = 0; i < scalars_.size(); ++i) arguments_[i] = scalars_[i][step];
      const RangeCall call{context_.notes(), span_, labels.name(), arguments_, context_};
      RangeValue value = function_(call, window);
      if (value.histogram != nullptr) {
        series.set(step, std::move(value.histogram));
      } else if (!is_absent(value.number)) {
        series.set(step, value.number);
        has_numbers = true;
      }
    }
    if (is_of_counter_ && has_numbers) note_non_counter(context_, span_, labels);
    return series;
  }

  Evaluator& evaluator_;
  QueryContext& context_;
  RangeFunction function_;
  WindowUse use_ = WindowUse::every;
  RangeSweep sweep_ = nullptr;  ///< null: window by window
  Span span_;
  const Expression& range_;
  WindowShape shape_;
  std::size_t work_ = 0;  ///< samples in windows since the last look at the clock
  bool uses_starts_ = false;
  bool is_of_counter_ = false;
  bool removes_name_ = true;
  std::vector<std::vector<double>> scalars_;
  std::vector<double> arguments_;
};

/// 1 at each step at which no series has a sample in the range.
void evaluate_absent_over_time(Evaluator& evaluator, const Call& node, RangeFunction function,
                               const Evaluator::Consumer& consumer) {
  std::vector<bool> is_there(evaluator.grid().count);
  RangeEvaluation(evaluator, node, function).run([&](EvalSeries&& series) {
    for (std::size_t step = series.begin_step(); step < series.end_step(); ++step) {
      if (series.has(step)) is_there[step] = true;
    }
  });
  EvalSeries absent;
  absent.labels = labels_of_absent(*node.arguments.front());
  absent.drops_name = evaluator.context().delays_names();
  for (std::size_t step = 0; step < is_there.size(); ++step) {
    if (!is_there[step]) absent.set(step, 1);
  }
  evaluator.emit(std::move(absent), consumer);
}

}  // namespace

series::LabelSet labels_of_absent(const Expression& argument) {
  const Expression& node = inner(argument);
  const Selector* selector = node.as<Selector>();
  if (const auto* const range = node.as<RangeSelector>()) selector = &range->selector;
  if (selector == nullptr) return {};
  std::vector<Label> labels;
  std::vector<std::string_view> refused = {series::kNameLabel};
  std::vector<std::string_view> seen;
  for (const series::Matcher& one : selector->matchers) {
    const bool is_second = std::ranges::find(seen, one.key()) != seen.end();
    if (one.kind() != series::Matcher::Kind::equal || is_second) refused.emplace_back(one.key());
    if (one.kind() == series::Matcher::Kind::equal) {
      seen.emplace_back(one.key());
      labels.emplace_back(one.key(), one.value());
    }
  }
  return series::LabelSet(labels).without(refused);
}

const std::string& text_argument(const Call& node, std::size_t place) {
  return inner(*node.arguments[place]).as<StringLiteral>()->value;
}

void evaluate_call(Evaluator& evaluator, const Expression& expression, const Call& node,
                   const Evaluator::Consumer& consumer) {
  const std::string_view name = node.function->name;
  if (std::ranges::any_of(node.arguments, is_range)) {
    RangeFunction function = find_over_time_function(name);
    if (function == nullptr) function = find_rate_function(name);
    if (function == nullptr) function = find_change_function(name);
    if (name == "absent_over_time") {
      evaluate_absent_over_time(evaluator, node, function, consumer);
    } else if (function != nullptr) {
      RangeEvaluation(evaluator, node, function).run(consumer);
    }
    return;
  }
  for (const auto find : {find_number_function, find_label_function, find_histogram_function}) {
    if (const VectorFunction function = find(name)) {
      function(evaluator, expression, node, consumer);
      return;
    }
  }
}

}  // namespace kymo::KYMO_ABI::query
