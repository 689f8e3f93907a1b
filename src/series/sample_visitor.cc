#include <kymo/series/sample_visitor.h>

#include <array>
#include <limits>
#include <string>
#include <variant>
#include <vector>

#include <kymo/base/number_text.h>
#include <kymo/core/names.h>
#include <kymo/series/bound_counts.h>

namespace kymo::KYMO_ABI::series {
namespace {

/// As a label's value: the shortest text that reads back to the same double, `1.0` and `+Inf` among them.
std::string label_text(double number) {
  std::array<char, base::kMaxNumberBytes + 2> text;
  return {text.data(), base::put_canonical(text.data(), number)};
}

SampleSeries series_of(const FamilySnapshot& family, const Point& point, std::string_view name,
                       bool is_cumulative) {
  return {.family = family.descriptor(),
          .name = name,
          .labels = point.labels,
          .created = point.created,
          .is_cumulative = is_cumulative};
}

/// A family whose series are single numbers.
void visit_numbers(const FamilySnapshot& family, SampleVisitor& visitor) {
  const bool is_counter = family.descriptor().kind == Kind::counter;
  const std::string name = value_name(family.descriptor());
  for (std::size_t i = 0; i < family.size(); ++i) {
    const Point point = family.point(i);
    const double value = to_double(point.number);
    if (!is_sample(family.descriptor().kind, value, point.is_unset)) continue;
    visitor.number(series_of(family, point, name, is_counter), value);
  }
}

class ClassicHistograms final {
 public:
  explicit ClassicHistograms(const FamilySnapshot& family)
      : family_(family),
        bucket_name_(sample_name(family.descriptor(), kBucketSuffix)),
        sum_name_(sample_name(family.descriptor(), kSumSuffix)),
        count_name_(sample_name(family.descriptor(), kCountSuffix)),
        counts_(family.text_bounds()) {
    for (const double bound : family.text_bounds()) bounds_.push_back(label_text(bound));
    bounds_.push_back(label_text(std::numeric_limits<double>::infinity()));
  }

  void visit(const Point& point, SampleVisitor& visitor) {
    const HistogramValue& histogram = *point.histogram;
    const auto counts = counts_.of(histogram);
    SampleSeries bucket = series_of(family_, point, bucket_name_, true);
    for (std::size_t i = 0; i < bounds_.size(); ++i) {
      bucket.more = Label(kBoundLabel, bounds_[i]);
      visitor.number(bucket, static_cast<double>(i < counts.size() ? counts[i] : histogram.count()));
    }
    visitor.number(series_of(family_, point, sum_name_, true), histogram.sum());
    visitor.number(series_of(family_, point, count_name_, true), static_cast<double>(histogram.count()));
  }

 private:
  const FamilySnapshot& family_;
  std::string bucket_name_;
  std::string sum_name_;
  std::string count_name_;
  BoundCounts counts_;
  std::vector<std::string> bounds_;  ///< the text of each, and of +Inf
};

void visit_histograms(const FamilySnapshot& family, HistogramForm form, SampleVisitor& visitor) {
  if (form == HistogramForm::classic) {
    ClassicHistograms classic(family);
    for (std::size_t i = 0; i < family.size(); ++i) classic.visit(family.point(i), visitor);
    return;
  }
  for (std::size_t i = 0; i < family.size(); ++i) {
    const Point point = family.point(i);
    visitor.histogram(series_of(family, point, family.descriptor().family_name, true), *point.histogram);
  }
}

void visit_windows(const FamilySnapshot& family, SampleVisitor& visitor) {
  const std::string sum_name = sample_name(family.descriptor(), kSumSuffix);
  const std::string count_name = sample_name(family.descriptor(), kCountSuffix);
  for (std::size_t i = 0; i < family.size(); ++i) {
    const Point point = family.point(i);
    SampleSeries quantile = series_of(family, point, family.descriptor().family_name, false);
    for (const ShownQuantile& shown : kShownQuantiles) {
      quantile.more = Label(kQuantileLabel, shown.text);
      visitor.number(quantile, point.window->quantile(shown.q));
    }
    visitor.number(series_of(family, point, sum_name, true), point.window->total_sum);
    visitor.number(series_of(family, point, count_name, true),
                   static_cast<double>(point.window->total_count));
  }
}

}  // namespace

void visit_samples(const Snapshot& snapshot, HistogramForm form, SampleVisitor& visitor) {
  for (const FamilySnapshot& family : snapshot.families) {
    switch (family.descriptor().kind) {
      case Kind::counter:
      case Kind::up_down_counter:
      case Kind::gauge: visit_numbers(family, visitor); break;
      case Kind::histogram: visit_histograms(family, form, visitor); break;
      case Kind::window: visit_windows(family, visitor); break;
    }
  }
}

}  // namespace kymo::KYMO_ABI::series
