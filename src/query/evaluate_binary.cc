// Operators between vectors, and between a vector and a scalar.
#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include <kymo/query/quoting.h>

#include "evaluator.h"
#include "histogram_math.h"

namespace kymo::KYMO_ABI::query {
namespace {

/// Effect of an operator on two numbers, and on histograms.
struct OperatorRow {
  std::string_view text;
  double (*calculate)(double, double) = nullptr;
  bool (*compares)(double, double) = nullptr;
};

double add_numbers(double a, double b) { return a + b; }
double subtract_numbers(double a, double b) { return a - b; }
double multiply_numbers(double a, double b) { return a * b; }
double divide_numbers(double a, double b) { return a / b; }
double remainder_of(double a, double b) { return std::fmod(a, b); }
double power_of(double a, double b) { return std::pow(a, b); }
double angle_of(double a, double b) { return std::atan2(a, b); }
bool is_equal(double a, double b) { return a == b; }
bool is_unequal(double a, double b) { return a != b; }
bool is_less(double a, double b) { return a < b; }
bool is_at_most(double a, double b) { return a <= b; }
bool is_greater(double a, double b) { return a > b; }
bool is_at_least(double a, double b) { return a >= b; }

constexpr std::array kOperatorRows = {
    OperatorRow{"+", add_numbers},
    OperatorRow{"-", subtract_numbers},
    OperatorRow{"*", multiply_numbers},
    OperatorRow{"/", divide_numbers},
    OperatorRow{"%", remainder_of},
    OperatorRow{"^", power_of},
    OperatorRow{"atan2", angle_of},
    OperatorRow{"==", nullptr, is_equal},
    OperatorRow{"!=", nullptr, is_unequal},
    OperatorRow{"<", nullptr, is_less},
    OperatorRow{"<=", nullptr, is_at_most},
    OperatorRow{">", nullptr, is_greater},
    OperatorRow{">=", nullptr, is_at_least},
    OperatorRow{"</"},
    OperatorRow{">/"},
};

const OperatorRow& row_of(const BinaryOperator& op) {
  return *std::ranges::find(kOperatorRows, op.text, &OperatorRow::text);
}

/// One side of an operator at one step.
struct Operand {
  double number = kAbsent;
  const FloatHistogram* histogram = nullptr;

  [[nodiscard]] std::string_view type() const noexcept {
    return histogram == nullptr ? "float" : "histogram";
  }
};

Operand operand_of(const EvalSeries& series, std::size_t step) {
  return {series.number(step), series.histogram(step).get()};
}

/// The result at one step. `is_kept`: false drops the sample; of a comparison that is not all that counts.
struct Outcome {
  bool is_valid = true;  ///< false: the types do not fit
  bool is_kept = true;
  double number = kAbsent;
  FloatHistogramRef histogram;
};

/// Applies one operator to samples.
class Operation {
 public:
  Operation(QueryContext& context, const Expression& expression, const Binary& node)
      : notes_(context.notes()), span_(expression.span), op_(*node.op), row_(row_of(*node.op)) {}

  [[nodiscard]] bool removes_name() const noexcept { return op_.kind == OperatorKind::arithmetic; }
  [[nodiscard]] bool is_comparison() const noexcept { return op_.kind == OperatorKind::comparison; }

  [[nodiscard]] Outcome apply(const Operand& left, const Operand& right) const {
    if (left.histogram == nullptr && right.histogram == nullptr) {
      if (row_.calculate != nullptr) return {true, true, row_.calculate(left.number, right.number), nullptr};
      if (row_.compares != nullptr) {
        return {true, row_.compares(left.number, right.number), left.number, nullptr};
      }
      return mismatch(left, right);
    }
    if (left.histogram != nullptr && right.histogram != nullptr) {
      return between_histograms(*left.histogram, *right.histogram);
    }
    if (left.histogram == nullptr) {
      return op_.text == "*" ? scaled(*right.histogram, left.number) : mismatch(left, right);
    }
    return with_number(*left.histogram, right);
  }

 private:
  static Outcome refused() { return {false, false, kAbsent, nullptr}; }

  Outcome mismatch(const Operand& left, const Operand& right) const {
    const std::string types =
        std::string(left.type()) + " " + std::string(op_.text) + " " + std::string(right.type());
    notes_.add(Note::incompatible_types, span_, op_.text, types);
    return refused();
  }

  static Outcome made(FloatHistogram&& histogram) {
    compact(histogram);
    return {true, true, kAbsent, std::make_shared<const FloatHistogram>(std::move(histogram))};
  }

  static Outcome scaled(const FloatHistogram& histogram, double factor) {
    FloatHistogram copy = histogram;
    multiply(copy, factor);
    return made(std::move(copy));
  }

  Outcome with_number(const FloatHistogram& left, const Operand& right) const {
    if (op_.text == "*") return scaled(left, right.number);
    FloatHistogram copy = left;
    if (op_.text == "/") {
      divide(copy, right.number);
    } else if (op_.text == "</") {
      trim_above(copy, right.number);
    } else if (op_.text == ">/") {
      trim_below(copy, right.number);
    } else {
      return mismatch({kAbsent, &left}, right);
    }
    return made(std::move(copy));
  }

  Outcome between_histograms(const FloatHistogram& left, const FloatHistogram& right) const {
    if (op_.text == "==" || op_.text == "!=") {
      Outcome compared{true, is_same(left, right) == (op_.text == "=="), kAbsent, nullptr};
      if (compared.is_kept) compared.histogram = std::make_shared<const FloatHistogram>(left);
      return compared;
    }
    const bool is_sum = op_.text == "+";
    if (!is_sum && op_.text != "-") return mismatch({kAbsent, &left}, {kAbsent, &right});
    FloatHistogram copy = left;
    const HistogramOutcome outcome = is_sum ? add(copy, right) : subtract(copy, right);
    const std::string_view word = is_sum ? "addition" : "subtraction";
    if (!outcome.is_compatible) notes_.add(Note::incompatible_buckets, span_, op_.text);
    if (outcome.has_conflict) notes_.add(Note::reset_conflict, span_, word);
    if (!outcome.is_compatible || outcome.has_conflict) return refused();
    if (outcome.changed_bounds) notes_.add(Note::changed_bounds, span_, word);
    if (!is_sum) copy.hint = series::ResetHint::gauge;
    return made(std::move(copy));
  }

  Annotations& notes_;
  Span span_;
  const BinaryOperator& op_;
  const OperatorRow& row_;
};

void store(EvalSeries& into, std::size_t step, Outcome&& outcome) {
  if (outcome.histogram != nullptr) {
    into.set(step, std::move(outcome.histogram));
  } else {
    into.set(step, outcome.number);
  }
}

void evaluate_with_scalar(Evaluator& evaluator, const Expression& expression, const Binary& node,
                          const Evaluator::Consumer& consumer) {
  const bool is_left_scalar = node.left->type == ValueType::scalar;
  const std::vector<double> scalars = evaluator.scalar(is_left_scalar ? *node.left : *node.right);
  const Operation operation(evaluator.context(), expression, node);
  const auto change = [&](EvalSeries& series) {
    for (std::size_t step = series.begin_step(); step < series.end_step(); ++step) {
      if (!series.has(step)) continue;
      const Operand vector = operand_of(series, step);
      const Operand scalar{scalars[step], nullptr};
      Outcome outcome = is_left_scalar ? operation.apply(scalar, vector) : operation.apply(vector, scalar);
      if (!outcome.is_valid) {
        series.remove(step);
      } else if (node.returns_bool) {
        series.set(step, outcome.is_kept ? 1.0 : 0.0);
      } else if (!outcome.is_kept) {
        series.remove(step);
      } else if (!operation.is_comparison()) {
        store(series, step, std::move(outcome));
      }
    }
  };
  const bool removes_name = operation.removes_name() || node.returns_bool;
  evaluator.transform(is_left_scalar ? *node.right : *node.left, removes_name, consumer, change);
}

using LabelKeys = std::vector<std::string_view>;

/// All labels in braces, the name among them.
std::string quoted_labels(const series::LabelSet& labels) {
  std::string text = "{";
  for (const Label label : labels) {
    if (text.size() > 1) text += ", ";
    text += label_name_text(label.key) + "=" + quote(label.value);
  }
  return text + "}";
}

/// The labels by which two series find each other.
class Signature {
 public:
  explicit Signature(const VectorMatching& matching)
      : is_on_(matching.is_on), keys_(matching.labels.begin(), matching.labels.end()) {}

  [[nodiscard]] series::LabelSet of(const series::LabelSet& labels) const {
    if (is_on_) return labels.only(keys_);
    LabelKeys all = keys_;
    all.push_back(series::kNameLabel);
    return labels.without(all);
  }

 private:
  bool is_on_;
  LabelKeys keys_;
};

/// Series of both sides whose signatures are equal, by their places.
struct MatchGroup {
  series::LabelSet signature;
  std::vector<std::size_t> left;
  std::vector<std::size_t> right;
};

std::vector<MatchGroup> match_groups(const VectorMatching& matching, const std::vector<EvalSeries>& left,
                                     const std::vector<EvalSeries>& right) {
  const Signature signature(matching);
  std::unordered_map<series::LabelSet, std::size_t> places;
  std::vector<MatchGroup> groups;
  const auto group_of = [&](const EvalSeries& series) -> MatchGroup& {
    series::LabelSet key = signature.of(series.labels);
    const auto [known, is_new] = places.try_emplace(key, groups.size());
    if (is_new) groups.push_back({std::move(key), {}, {}});
    return groups[known->second];
  };
  for (std::size_t i = 0; i < left.size(); ++i) group_of(left[i]).left.push_back(i);
  for (std::size_t i = 0; i < right.size(); ++i) group_of(right[i]).right.push_back(i);
  return groups;
}

/// The steps at which any of these series has a sample.
std::vector<bool> steps_of(const std::vector<EvalSeries>& all, const std::vector<std::size_t>& places,
                           std::size_t count) {
  std::vector<bool> steps(count);
  for (const std::size_t place : places) {
    const EvalSeries& series = all[place];
    for (std::size_t step = series.begin_step(); step < series.end_step(); ++step) {
      if (series.has(step)) steps[step] = true;
    }
  }
  return steps;
}

void keep_steps(EvalSeries& series, const std::vector<bool>& steps, bool keeps) {
  for (std::size_t step = series.begin_step(); step < series.end_step(); ++step) {
    if (steps[step] != keeps) series.remove(step);
  }
}

void evaluate_set(Evaluator& evaluator, const Expression& expression, const Binary& node,
                  const Evaluator::Consumer& consumer) {
  std::vector<EvalSeries> left = evaluator.all(*node.left);
  std::vector<EvalSeries> right = evaluator.all(*node.right);
  const std::size_t count = evaluator.grid().count;
  const bool is_or = node.op->text == "or";
  for (const MatchGroup& group : match_groups(*node.matching, left, right)) {
    evaluator.context().check_time();
    if (is_or) {
      const auto steps = steps_of(left, group.left, count);
      for (const std::size_t place : group.right) keep_steps(right[place], steps, false);
    } else {
      const auto steps = steps_of(right, group.right, count);
      for (const std::size_t place : group.left) keep_steps(left[place], steps, node.op->text == "and");
    }
  }
  if (!is_or) {
    for (EvalSeries& series : left) evaluator.emit(std::move(series), consumer);
    return;
  }
  std::erase_if(right, [](const EvalSeries& series) { return !series.has_samples(); });
  std::ranges::move(right, std::back_inserter(left));
  for (EvalSeries& series : evaluator.joined(std::move(left), expression.span)) {
    evaluator.emit(std::move(series), consumer);
  }
}

/// Matches the series of two vectors and applies an operator to them. The side of which several series may
/// match one of the other is the many side; without grouping, the left one.
class VectorOperation {
 public:
  VectorOperation(Evaluator& evaluator, const Expression& expression, const Binary& node)
      : evaluator_(evaluator),
        node_(node),
        matching_(*node.matching),
        span_(expression.span),
        operation_(evaluator.context(), expression, node),
        is_swapped_(matching_.cardinality == Cardinality::one_to_many),
        fill_one_(matching_.fill_right),
        fill_many_(matching_.fill_left),
        many_(evaluator.all(*node.left)),
        one_(evaluator.all(*node.right)) {
    // As in Prometheus 3.14, `fill_right` is of the one side under `group_right` too.
    if (is_swapped_) std::swap(many_, one_);
  }

  void run(const Evaluator::Consumer& consumer) {
    const std::size_t count = evaluator_.grid().count;
    std::vector<std::size_t> all(many_.size());
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
    has_many_ = steps_of(many_, all, count);
    all.resize(one_.size());
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
    has_one_ = steps_of(one_, all, count);
    for (const MatchGroup& group : match_groups(matching_, many_, one_)) {
      evaluator_.context().check_time();
      match_group(group, count);
    }
    for (Result& result : results_) evaluator_.emit(std::move(result.series), consumer);
  }

 private:
  static constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

  struct Result {
    EvalSeries series;
    std::size_t last_step = kNone;     ///< at which it has a sample
    std::size_t matched_step = kNone;  ///< at which series matched, whether a sample came of it or not
  };

  [[nodiscard]] bool fills() const noexcept { return fill_one_ || fill_many_; }

  void match_group(const MatchGroup& group, std::size_t count) {
    if (!fills() && (group.left.empty() || group.right.empty()) && group.right.size() < 2) return;
    for (std::size_t step = 0; step < count; ++step) {
      if (!fills() && (!has_many_[step] || !has_one_[step])) continue;
      const std::size_t one = only_one(group, step);
      if (one == kNone && !fill_one_) continue;
      matches_ = 0;
      for (const std::size_t many : group.left) {
        if (many_[many].has(step)) match(group, many, one, step);
      }
      if (matches_ == 0 && one != kNone && fill_many_) match(group, kNone, one, step);
    }
  }

  /// The series of the one side that has a sample.
  std::size_t only_one(const MatchGroup& group, std::size_t step) const {
    std::size_t found = kNone;
    for (const std::size_t place : group.right) {
      if (!one_[place].has(step)) continue;
      if (found != kNone) fail_duplicate(group, one_[found].labels, one_[place].labels);
      found = place;
    }
    return found;
  }

  [[noreturn]] void fail_duplicate(const MatchGroup& group, const series::LabelSet& a,
                                   const series::LabelSet& b) const {
    std::string first = quoted_labels(a);
    std::string second = quoted_labels(b);
    if (first > second) std::swap(first, second);
    evaluator_.context().fail("found duplicate series for the match group " + quoted_labels(group.signature) +
                                  " on the " + (is_swapped_ ? "left" : "right") +
                                  " hand-side of the operation: [" + first + ", " + second +
                                  "];many-to-many matching not allowed: matching labels must be unique on "
                                  "one side",
                              span_, "add labels to on(), or aggregate this side");
  }

  void match(const MatchGroup& group, std::size_t many, std::size_t one, std::size_t step) {
    Operand left = many == kNone ? Operand{*fill_many_, nullptr} : operand_of(many_[many], step);
    Operand right = one == kNone ? Operand{*fill_one_, nullptr} : operand_of(one_[one], step);
    if (is_swapped_) std::swap(left, right);
    Outcome outcome = operation_.apply(left, right);
    if (!outcome.is_valid) return;
    Result& result = result_of(group, many, one);
    note_match(result, step);
    if (!outcome.is_kept && !node_.returns_bool) return;
    if (result.last_step == step) {
      evaluator_.context().fail("vector cannot contain metrics with the same labelset", span_,
                                "series " + result.series.labels.to_string() + " comes twice");
    }
    result.last_step = step;
    if (node_.returns_bool) {
      result.series.set(step, outcome.is_kept ? 1.0 : 0.0);
    } else {
      store(result.series, step, std::move(outcome));
    }
  }

  /// Fails where several series of the many side give the same result.
  void note_match(Result& result, std::size_t step) {
    ++matches_;
    if (matching_.cardinality == Cardinality::one_to_one && matches_ > 1) {
      evaluator_.context().fail(
          "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)",
          span_, "add group_left(), or labels to on()");
    }
    if (matches_ > 1 && result.matched_step == step) {
      evaluator_.context().fail("multiple matches for labels: grouping labels must ensure unique matches",
                                span_, "series " + result.series.labels.to_string() + " comes twice");
    }
    result.matched_step = step;
  }

  Result& result_of(const MatchGroup& group, std::size_t many, std::size_t one) {
    const auto [known, is_new] = pairs_.try_emplace({many, one}, 0);
    if (!is_new) return results_[known->second];
    const bool is_many_there = many != kNone;
    series::LabelSet labels = result_labels(is_many_there ? many_[many].labels : group.signature,
                                            one == kNone ? group.signature : one_[one].labels);
    const auto [place, is_first] = places_.try_emplace(labels, results_.size());
    known->second = place->second;
    if (is_first) {
      Result made;
      made.series.labels = std::move(labels);
      made.series.drops_name = node_.returns_bool || (is_many_there && many_[many].drops_name);
      results_.push_back(std::move(made));
    }
    return results_[place->second];
  }

  series::LabelSet result_labels(const series::LabelSet& many, const series::LabelSet& one) const {
    const bool removes_name =
        operation_.removes_name() || (node_.returns_bool && !evaluator_.context().delays_names());
    series::LabelSet labels = removes_name ? many.without(kNameLabels) : many;
    if (matching_.cardinality == Cardinality::one_to_one) {
      const LabelKeys keys(matching_.labels.begin(), matching_.labels.end());
      labels = matching_.is_on ? labels.only(keys) : labels.without(keys);
    }
    for (const std::string& key : matching_.include) labels = labels.with(key, one.get(key));
    return labels;
  }

  struct PairHash {
    std::size_t operator()(const std::pair<std::size_t, std::size_t>& pair) const noexcept {
      return pair.first * 0x9E3779B97F4A7C15U ^ pair.second;
    }
  };

  Evaluator& evaluator_;
  const Binary& node_;
  const VectorMatching& matching_;
  Span span_;
  Operation operation_;
  bool is_swapped_;
  std::optional<double> fill_one_;
  std::optional<double> fill_many_;
  std::vector<EvalSeries> many_;
  std::vector<EvalSeries> one_;
  std::vector<bool> has_many_;
  std::vector<bool> has_one_;
  std::size_t matches_ = 0;
  std::unordered_map<std::pair<std::size_t, std::size_t>, std::size_t, PairHash> pairs_;
  std::unordered_map<series::LabelSet, std::size_t> places_;
  std::vector<Result> results_;
};

}  // namespace

double calculate(const BinaryOperator& op, double left, double right) {
  const OperatorRow& row = row_of(op);
  if (row.calculate != nullptr) return row.calculate(left, right);
  return row.compares != nullptr && row.compares(left, right) ? 1 : 0;
}

void evaluate_binary(Evaluator& evaluator, const Expression& expression, const Binary& node,
                     const Evaluator::Consumer& consumer) {
  if (!node.matching) {
    evaluate_with_scalar(evaluator, expression, node, consumer);
  } else if (node.op->kind == OperatorKind::set) {
    evaluate_set(evaluator, expression, node, consumer);
  } else {
    VectorOperation(evaluator, expression, node).run(consumer);
  }
}

}  // namespace kymo::KYMO_ABI::query
