#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <kymo/query/expression.h>

#include "eval_series.h"
#include "query_context.h"
#include "sample_columns.h"

namespace kymo::KYMO_ABI::query {

/// Labels that belong to the name of a metric, and leave with it.
inline constexpr std::array<std::string_view, 3> kNameLabels = {series::kNameLabel, "__type__", "__unit__"};

/// Evaluates expressions at the steps of a grid, a series at a time. Threads: one.
class Evaluator final {
 public:
  /// Gets the series of a vector, one after another; may keep or change them.
  using Consumer = std::function<void(EvalSeries&&)>;
  /// Gets a series under a range, valid during the call.
  using WindowConsumer =
      std::function<void(const series::LabelSet& labels, bool drops_name, SampleColumns& columns)>;

  Evaluator(QueryContext& context, const Grid& grid) : context_(context), grid_(grid) {}

  [[nodiscard]] QueryContext& context() noexcept { return context_; }
  [[nodiscard]] const Grid& grid() const noexcept { return grid_; }

  /// Evaluates an instant vector.
  void each(const Expression& expression, const Consumer& consumer);
  [[nodiscard]] std::vector<EvalSeries> all(const Expression& expression);
  /// Evaluates a scalar, a number a step.
  [[nodiscard]] std::vector<double> scalar(const Expression& expression);
  /// Evaluates a range selector or a subquery. `needs_edges_alone`: as of WindowEdges. `use`: the part of
  /// each window that the consumer needs.
  void each_window(const Expression& expression, bool needs_edges_alone, WindowUse use,
                   const WindowConsumer& consumer);
  [[nodiscard]] WindowShape shape_of(const Expression& range) const;

  /// Hands a result on, unless it has no samples. Counts its memory.
  void emit(EvalSeries&& series, const Consumer& consumer);
  /// Changes each series of a vector and hands it on. `removes_name`: so that the same labels may come twice,
  /// which is one series or a fault.
  void transform(const Expression& operand, bool removes_name, const Consumer& consumer,
                 const std::function<void(EvalSeries&)>& change);
  /// Joins series that have the same labels. Fails where two have a sample at the same step.
  [[nodiscard]] std::vector<EvalSeries> joined(std::vector<EvalSeries> all, Span span);
  /// Marks the name as gone, or removes it, by the option of the engine.
  void remove_name(EvalSeries& series) const;
  /// Whether the series that an expression selects all have one name, so that none become equal without it.
  [[nodiscard]] bool selects_one_name(const Expression& expression) const;

  /// Evaluates an instant selector: a part of the last sample at each step.
  void each_selected(const Selector& selector, SamplePart part, const Consumer& consumer);
  [[nodiscard]] Shift shift_of(const TimeShift& shift) const;

  /// The multiples of which the windows of all steps begin and end at, in milliseconds; as of
  /// series::ReadWish.
  [[nodiscard]] std::int64_t grid_of(const Shift& shift, std::int64_t range_ms) const;
  /// Reads each series that fits, within a range of time. The reader takes its samples with next_chunk().
  void each_series(const std::vector<series::Matcher>& matchers, series::TimeRange range,
                   const series::ReadWish& wish,
                   const std::function<void(const series::SeriesRef&, series::SeriesScan&)>& reader);
  /// Counts the samples of the chunk.
  [[nodiscard]] const series::SeriesChunk* next_chunk(series::SeriesScan& scan);
  /// The same with all samples at once; `edges` as of SampleColumns::append(). `grid_ms`: as of grid_of().
  void each_read(const std::vector<series::Matcher>& matchers, series::TimeRange range,
                 const WindowEdges* edges, WindowUse use, std::int64_t grid_ms,
                 const std::function<void(const series::LabelSet&, SampleColumns&)>& consumer);

 private:
  void evaluate(const Expression& expression, const Consumer& consumer);
  void evaluate_selector(const Expression& expression, const Selector& node, const Consumer& consumer);
  void evaluate_smoothed(const Expression& expression, const Selector& node, const Consumer& consumer);
  void evaluate_unary(const Unary& node, const Consumer& consumer);
  [[nodiscard]] std::vector<double> scalar_call(const Call& node);

  QueryContext& context_;
  Grid grid_;
};

// Each evaluates one kind of node.
void evaluate_binary(Evaluator& evaluator, const Expression& expression, const Binary& node,
                     const Evaluator::Consumer& consumer);
void evaluate_aggregation(Evaluator& evaluator, const Expression& expression, const Aggregation& node,
                          const Evaluator::Consumer& consumer);
void evaluate_call(Evaluator& evaluator, const Expression& expression, const Call& node,
                   const Evaluator::Consumer& consumer);

/// The value of an operator between two numbers; of a comparison 1 or 0.
[[nodiscard]] double calculate(const BinaryOperator& op, double left, double right);

}  // namespace kymo::KYMO_ABI::query
