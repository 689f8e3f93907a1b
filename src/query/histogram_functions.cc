// Functions of histograms, native and classic.
#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <kymo/base/number_text.h>

#include "classic_histogram.h"
#include "histogram_math.h"
#include "number_texts.h"
#include "script_series.h"
#include "vector_functions.h"

namespace kymo::KYMO_ABI::query {
namespace {

constexpr std::string_view kBoundLabel = "le";

/// Gives a number for each histogram, leaves out numbers, and removes the name.
template <double (*function)(const FloatHistogram&)>
void apply_to_histograms(Evaluator& evaluator, const Expression&, const Call& node,
                         const Evaluator::Consumer& consumer) {
  evaluator.transform(*node.arguments.front(), true, consumer, [](EvalSeries& series) {
    for (std::size_t step = series.begin_step(); step < series.end_step(); ++step) {
      if (const series::FloatHistogramRef histogram = series.histogram(step)) {
        series.set(step, function(*histogram));
      } else {
        series.remove(step);
      }
    }
  });
}

double count_of_histogram(const FloatHistogram& histogram) { return histogram.count; }
double sum_of_histogram(const FloatHistogram& histogram) { return histogram.sum; }
double mean_of_histogram(const FloatHistogram& histogram) { return histogram.sum / histogram.count; }
double deviation_of_histogram(const FloatHistogram& histogram) { return std::sqrt(variance_of(histogram)); }
double variance_of_histogram(const FloatHistogram& histogram) { return variance_of(histogram); }

/// Of a label `le`, in the forms that Go reads.
std::optional<double> bound_of(std::string_view text) {
  const bool is_negative = text.starts_with('-');
  std::string_view rest = text;
  if (is_negative || rest.starts_with('+')) rest.remove_prefix(1);
  const auto number = take_number(rest);
  if (!number || !rest.empty()) return std::nullopt;
  return is_negative ? -*number : *number;
}

/// The series of one classic histogram, by bound.
struct ClassicSeries {
  series::LabelSet labels;  ///< without `le`
  bool drops_name = false;
  std::vector<std::pair<double, EvalSeries>> buckets;  ///< ascending
};

/// A number of each native histogram of a series, at each step.
struct NativeNumbers {
  EvalSeries numbers;
  std::map<std::size_t, NanEffect> effects;  ///< by step, where there is one
};

/// Native histograms of one series, as the numbers that their function needs. So none is kept.
struct NativeSeries {
  series::LabelSet labels;
  std::vector<NativeNumbers> parts;  ///< one for each estimator

  [[nodiscard]] bool has(std::size_t step) const { return parts.front().numbers.has(step); }
  void remove(std::size_t step) {
    for (NativeNumbers& part : parts) {
      part.numbers.remove(step);
      part.effects.erase(step);
    }
  }
};

/// A vector of histograms: native ones, and classic ones put together from their buckets.
class HistogramVector {
 public:
  using Estimator = std::function<HistogramEstimate(const FloatHistogram&, std::size_t step)>;

  /// Needs at least one estimator.
  HistogramVector(Evaluator& evaluator, const Expression& operand, std::vector<Estimator> estimators)
      : evaluator_(evaluator), span_(inner(operand).span), estimators_(std::move(estimators)) {
    std::unordered_map<series::LabelSet, std::size_t> places;
    evaluator.each(operand, [&](EvalSeries&& series) { sort_in(std::move(series), places); });
    for (ClassicSeries& one : classic_) {
      std::ranges::stable_sort(one.buckets, {}, &std::pair<double, EvalSeries>::first);
    }
    for (NativeSeries& one : native_) {
      const auto known = places.find(one.labels);
      if (known != places.end()) leave_out_mixed(one, classic_[known->second]);
    }
  }

  [[nodiscard]] Span span() const noexcept { return span_; }
  [[nodiscard]] const std::vector<NativeSeries>& native() const noexcept { return native_; }
  [[nodiscard]] const std::vector<ClassicSeries>& classic() const noexcept { return classic_; }

  /// The name that notes give; the result has lost its name unless that is delayed.
  [[nodiscard]] std::string_view name_of(const series::LabelSet& labels) const {
    return evaluator_.context().delays_names() ? labels.name() : std::string_view();
  }

  /// The buckets of a classic histogram at a step; none where it has no sample.
  static void buckets_at(const ClassicSeries& one, std::size_t step, std::vector<ClassicBucket>& buckets) {
    buckets.clear();
    for (const auto& [upper, series] : one.buckets) {
      if (const double count = series.number(step); !is_absent(count)) buckets.push_back({upper, count});
    }
  }

 private:
  void sort_in(EvalSeries&& series, std::unordered_map<series::LabelSet, std::size_t>& places) {
    bool has_numbers = false;
    bool has_histograms = false;
    for (std::size_t step = series.begin_step(); step < series.end_step(); ++step) {
      has_numbers = has_numbers || !is_absent(series.number(step));
      has_histograms = has_histograms || series.histogram(step) != nullptr;
    }
    if (has_numbers) {
      const std::string_view text = series.labels.get(kBoundLabel);
      if (const auto bound = bound_of(text)) {
        static constexpr std::array<std::string_view, 1> kBound = {kBoundLabel};
        series::LabelSet labels = series.labels.without(kBound);
        const auto [known, is_new] = places.try_emplace(labels, classic_.size());
        if (is_new) classic_.push_back({std::move(labels), series.drops_name, {}});
        if (!has_histograms) {
          classic_[known->second].buckets.emplace_back(*bound, std::move(series));
          return;
        }
        EvalSeries numbers;
        numbers.labels = series.labels;
        for (std::size_t step = series.begin_step(); step < series.end_step(); ++step) {
          if (!is_absent(series.number(step))) numbers.set(step, series.number(step));
        }
        classic_[known->second].buckets.emplace_back(*bound, std::move(numbers));
      } else {
        evaluator_.context().notes().add(Note::bad_bucket_label, span_, name_of(series.labels), text);
      }
    }
    if (has_histograms) native_.push_back(numbers_of(series));
  }

  [[nodiscard]] NativeSeries numbers_of(const EvalSeries& series) const {
    NativeSeries made{series.labels, {}};
    for (const Estimator& estimator : estimators_) {
      NativeNumbers& part = made.parts.emplace_back();
      for (std::size_t step = series.begin_step(); step < series.end_step(); ++step) {
        if (series.histogram(step) == nullptr) continue;
        const HistogramEstimate estimate = estimator(*series.histogram(step), step);
        part.numbers.set(step, estimate.value);
        if (estimate.effect != NanEffect::none) part.effects.emplace(step, estimate.effect);
      }
    }
    return made;
  }

  /// Where both forms of one histogram have samples, neither counts.
  void leave_out_mixed(NativeSeries& native, ClassicSeries& classic) {
    std::vector<ClassicBucket> buckets;
    for (std::size_t step = 0; step < evaluator_.grid().count; ++step) {
      if (!native.has(step)) continue;
      buckets_at(classic, step, buckets);
      if (buckets.empty()) continue;
      evaluator_.context().notes().add(Note::mixed_classic_native, span_, name_of(native.labels));
      native.remove(step);
      for (auto& [bound, series] : classic.buckets) series.remove(step);
    }
  }

  Evaluator& evaluator_;
  Span span_;
  std::vector<Estimator> estimators_;
  std::vector<NativeSeries> native_;
  std::vector<ClassicSeries> classic_;
};

/// Hands on results that may have become equal.
void emit_joined(Evaluator& evaluator, std::vector<EvalSeries> made, Span span,
                 const Evaluator::Consumer& consumer) {
  std::erase_if(made, [](const EvalSeries& series) { return !series.has_samples(); });
  for (EvalSeries& series : evaluator.joined(std::move(made), span)) {
    evaluator.emit(std::move(series), consumer);
  }
}

EvalSeries named_like(const Evaluator& evaluator, const series::LabelSet& labels) {
  EvalSeries made;
  made.labels = labels;
  evaluator.remove_name(made);
  return made;
}

/// One quantile of each histogram, that of an estimator. `key`: a label of the result that has the quantile;
/// none where the key is empty.
void add_quantiles(Evaluator& evaluator, const HistogramVector& histograms, std::size_t estimator,
                   const std::vector<double>& q, std::string_view key, std::vector<EvalSeries>& made) {
  Annotations& notes = evaluator.context().notes();
  const auto label_of = [](double value) {
    std::array<char, base::kMaxNumberBytes> text;
    return std::string(text.data(), base::put_canonical(text.data(), value));
  };
  const auto finish = [&](const series::LabelSet& labels, std::map<std::string, EvalSeries>& parts) {
    for (auto& [text, series] : parts) {
      series.labels = key.empty() ? labels : labels.with(key, text);
      evaluator.remove_name(series);
      made.push_back(std::move(series));
    }
  };
  const auto part_of = [&](std::map<std::string, EvalSeries>& parts, double value) -> EvalSeries& {
    return parts[key.empty() ? std::string() : label_of(value)];
  };
  for (const NativeSeries& native : histograms.native()) {
    std::map<std::string, EvalSeries> parts;
    const auto& [numbers, effects] = native.parts[estimator];
    for (const auto& [step, effect] : effects) {
      const Note note = effect == NanEffect::nan_result ? Note::quantile_nan : Note::quantile_skewed;
      notes.add(note, histograms.span(), histograms.name_of(native.labels));
    }
    for (std::size_t step = numbers.begin_step(); step < numbers.end_step(); ++step) {
      if (numbers.has(step)) part_of(parts, q[step]).set(step, numbers.number(step));
    }
    finish(native.labels, parts);
  }
  std::vector<ClassicBucket> buckets;
  for (const ClassicSeries& classic : histograms.classic()) {
    std::map<std::string, EvalSeries> parts;
    for (std::size_t step = 0; step < evaluator.grid().count; ++step) {
      HistogramVector::buckets_at(classic, step, buckets);
      if (buckets.empty()) continue;
      const ClassicQuantile quantile = quantile_of_buckets(q[step], buckets);
      if (quantile.was_corrected) {
        const std::int64_t time = evaluator.grid().time_of(step);
        notes.add_monotonicity(
            histograms.span(), histograms.name_of(classic.labels),
            {quantile.least_bucket, quantile.most_bucket, quantile.most_difference, time, time, 1});
      }
      part_of(parts, q[step]).set(step, quantile.value);
    }
    finish(classic.labels, parts);
  }
}

void note_bad_quantiles(Evaluator& evaluator, const std::vector<double>& quantiles, Span span) {
  for (const double q : quantiles) {
    if (std::isnan(q) || q < 0 || q > 1) {
      evaluator.context().notes().add(Note::invalid_quantile, span, general_number_text(q));
    }
  }
}

HistogramVector::Estimator quantiles_at(const std::vector<double>& q) {
  return [&q](const FloatHistogram& histogram, std::size_t step) { return quantile_of(histogram, q[step]); };
}

void evaluate_histogram_quantile(Evaluator& evaluator, const Expression& expression, const Call& node,
                                 const Evaluator::Consumer& consumer) {
  const std::vector<double> q = evaluator.scalar(*node.arguments[0]);
  note_bad_quantiles(evaluator, q, inner(*node.arguments[0]).span);
  const HistogramVector histograms(evaluator, *node.arguments[1], {quantiles_at(q)});
  std::vector<EvalSeries> made;
  add_quantiles(evaluator, histograms, 0, q, {}, made);
  emit_joined(evaluator, std::move(made), expression.span, consumer);
}

void evaluate_histogram_quantiles(Evaluator& evaluator, const Expression& expression, const Call& node,
                                  const Evaluator::Consumer& consumer) {
  std::vector<std::vector<double>> quantiles;
  for (std::size_t i = 2; i < node.arguments.size(); ++i) {
    quantiles.push_back(evaluator.scalar(*node.arguments[i]));
    note_bad_quantiles(evaluator, quantiles.back(), inner(*node.arguments[i]).span);
  }
  std::vector<HistogramVector::Estimator> estimators;
  for (const std::vector<double>& q : quantiles) estimators.push_back(quantiles_at(q));
  const HistogramVector histograms(evaluator, *node.arguments[0], std::move(estimators));
  std::vector<EvalSeries> made;
  for (std::size_t i = 0; i < quantiles.size(); ++i) {
    add_quantiles(evaluator, histograms, i, quantiles[i], text_argument(node, 1), made);
  }
  emit_joined(evaluator, std::move(made), expression.span, consumer);
}

void evaluate_histogram_fraction(Evaluator& evaluator, const Expression& expression, const Call& node,
                                 const Evaluator::Consumer& consumer) {
  const std::vector<double> lower = evaluator.scalar(*node.arguments[0]);
  const std::vector<double> upper = evaluator.scalar(*node.arguments[1]);
  const auto fraction = [&](const FloatHistogram& histogram, std::size_t step) {
    return fraction_of(histogram, lower[step], upper[step]);
  };
  const HistogramVector histograms(evaluator, *node.arguments[2], {fraction});
  std::vector<EvalSeries> made;
  for (const NativeSeries& native : histograms.native()) {
    EvalSeries series = named_like(evaluator, native.labels);
    const auto& [numbers, effects] = native.parts.front();
    for (std::size_t step = numbers.begin_step(); step < numbers.end_step(); ++step) {
      if (numbers.has(step)) series.set(step, numbers.number(step));
    }
    if (!effects.empty()) {
      evaluator.context().notes().add(Note::fraction_nan, histograms.span(),
                                      histograms.name_of(native.labels));
    }
    made.push_back(std::move(series));
  }
  std::vector<ClassicBucket> buckets;
  for (const ClassicSeries& classic : histograms.classic()) {
    EvalSeries series = named_like(evaluator, classic.labels);
    for (std::size_t step = 0; step < evaluator.grid().count; ++step) {
      HistogramVector::buckets_at(classic, step, buckets);
      if (!buckets.empty()) series.set(step, fraction_of_buckets(lower[step], upper[step], buckets));
    }
    made.push_back(std::move(series));
  }
  emit_joined(evaluator, std::move(made), expression.span, consumer);
}

using HistogramRow = std::pair<std::string_view, VectorFunction>;
constexpr std::array kHistogramFunctions = {
    HistogramRow{"histogram_avg", apply_to_histograms<mean_of_histogram>},
    HistogramRow{"histogram_count", apply_to_histograms<count_of_histogram>},
    HistogramRow{"histogram_fraction", evaluate_histogram_fraction},
    HistogramRow{"histogram_quantile", evaluate_histogram_quantile},
    HistogramRow{"histogram_quantiles", evaluate_histogram_quantiles},
    HistogramRow{"histogram_stddev", apply_to_histograms<deviation_of_histogram>},
    HistogramRow{"histogram_stdvar", apply_to_histograms<variance_of_histogram>},
    HistogramRow{"histogram_sum", apply_to_histograms<sum_of_histogram>},
};

}  // namespace

VectorFunction find_histogram_function(std::string_view name) noexcept {
  const auto found = std::ranges::find(kHistogramFunctions, name, &HistogramRow::first);
  return found == kHistogramFunctions.end() ? nullptr : found->second;
}

}  // namespace kymo::KYMO_ABI::query
