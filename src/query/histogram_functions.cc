// Functions of histograms, native and classic.
#include <algorithm>
#include <array>
#include <cmath>
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

/// A vector of histograms: native ones, and classic ones put together from their buckets.
class HistogramVector {
 public:
  HistogramVector(Evaluator& evaluator, const Expression& operand)
      : evaluator_(evaluator), span_(inner(operand).span) {
    std::unordered_map<series::LabelSet, std::size_t> places;
    evaluator.each(operand, [&](EvalSeries&& series) { sort_in(std::move(series), places); });
    for (ClassicSeries& one : classic_) {
      std::ranges::stable_sort(one.buckets, {}, &std::pair<double, EvalSeries>::first);
    }
    for (EvalSeries& one : native_) {
      const auto known = places.find(one.labels);
      if (known != places.end()) leave_out_mixed(one, classic_[known->second]);
    }
  }

  [[nodiscard]] Span span() const noexcept { return span_; }
  [[nodiscard]] const std::vector<EvalSeries>& native() const noexcept { return native_; }
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
    if (has_histograms) native_.push_back(std::move(series));
  }

  /// Where both forms of one histogram have samples, neither counts.
  void leave_out_mixed(EvalSeries& native, ClassicSeries& classic) {
    std::vector<ClassicBucket> buckets;
    for (std::size_t step = native.begin_step(); step < native.end_step(); ++step) {
      if (native.histogram(step) == nullptr) continue;
      buckets_at(classic, step, buckets);
      if (buckets.empty()) continue;
      evaluator_.context().notes().add(Note::mixed_classic_native, span_, name_of(native.labels));
      native.remove(step);
      for (auto& [bound, series] : classic.buckets) series.remove(step);
    }
  }

  Evaluator& evaluator_;
  Span span_;
  std::vector<EvalSeries> native_;
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

/// One quantile of each histogram. `key`: a label of the result that has the quantile; none where the key is
/// empty.
void add_quantiles(Evaluator& evaluator, const HistogramVector& histograms, const std::vector<double>& q,
                   std::string_view key, std::vector<EvalSeries>& made) {
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
  for (const EvalSeries& native : histograms.native()) {
    std::map<std::string, EvalSeries> parts;
    for (std::size_t step = native.begin_step(); step < native.end_step(); ++step) {
      if (native.histogram(step) == nullptr) continue;
      const HistogramEstimate estimate = quantile_of(*native.histogram(step), q[step]);
      if (estimate.effect != NanEffect::none) {
        const Note note =
            estimate.effect == NanEffect::nan_result ? Note::quantile_nan : Note::quantile_skewed;
        notes.add(note, histograms.span(), histograms.name_of(native.labels));
      }
      part_of(parts, q[step]).set(step, estimate.value);
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

void evaluate_histogram_quantile(Evaluator& evaluator, const Expression& expression, const Call& node,
                                 const Evaluator::Consumer& consumer) {
  const std::vector<double> q = evaluator.scalar(*node.arguments[0]);
  note_bad_quantiles(evaluator, q, inner(*node.arguments[0]).span);
  const HistogramVector histograms(evaluator, *node.arguments[1]);
  std::vector<EvalSeries> made;
  add_quantiles(evaluator, histograms, q, {}, made);
  emit_joined(evaluator, std::move(made), expression.span, consumer);
}

void evaluate_histogram_quantiles(Evaluator& evaluator, const Expression& expression, const Call& node,
                                  const Evaluator::Consumer& consumer) {
  const HistogramVector histograms(evaluator, *node.arguments[0]);
  std::vector<EvalSeries> made;
  for (std::size_t i = 2; i < node.arguments.size(); ++i) {
    const std::vector<double> q = evaluator.scalar(*node.arguments[i]);
    note_bad_quantiles(evaluator, q, inner(*node.arguments[i]).span);
    add_quantiles(evaluator, histograms, q, text_argument(node, 1), made);
  }
  emit_joined(evaluator, std::move(made), expression.span, consumer);
}

void evaluate_histogram_fraction(Evaluator& evaluator, const Expression& expression, const Call& node,
                                 const Evaluator::Consumer& consumer) {
  const std::vector<double> lower = evaluator.scalar(*node.arguments[0]);
  const std::vector<double> upper = evaluator.scalar(*node.arguments[1]);
  const HistogramVector histograms(evaluator, *node.arguments[2]);
  std::vector<EvalSeries> made;
  for (const EvalSeries& native : histograms.native()) {
    EvalSeries series = named_like(evaluator, native.labels);
    for (std::size_t step = native.begin_step(); step < native.end_step(); ++step) {
      if (native.histogram(step) == nullptr) continue;
      const HistogramEstimate estimate = fraction_of(*native.histogram(step), lower[step], upper[step]);
      if (estimate.effect != NanEffect::none) {
        evaluator.context().notes().add(Note::fraction_nan, histograms.span(),
                                        histograms.name_of(native.labels));
      }
      series.set(step, estimate.value);
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
