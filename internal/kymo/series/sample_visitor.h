#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include <kymo/core/descriptor.h>
#include <kymo/core/histogram_value.h>
#include <kymo/core/labels.h>
#include <kymo/core/snapshot.h>
#include <kymo/series/label_set.h>

namespace kymo::KYMO_ABI::series {

/// The quantiles that a window is shown by, as number and as value of the label `quantile`.
struct ShownQuantile {
  double q;
  std::string_view text;
};
inline constexpr std::array<ShownQuantile, 3> kShownQuantiles = {
    {{0.5, "0.5"}, {0.95, "0.95"}, {0.99, "0.99"}}};

/// The series that a sample belongs to. Valid during the call.
struct SampleSeries {
  const Descriptor& family;
  std::string_view name;                               ///< of the sample: `x_total`, `x_bucket`, …
  LabelsView labels;                                   ///< of the series in the Snapshot
  std::optional<Label> more = {};                      ///< `le` of a bucket, `quantile` of a window
  std::chrono::system_clock::time_point created = {};  ///< when the series began to count
  bool is_cumulative = false;                          ///< a count or sum since `created`; else a level

  [[nodiscard]] LabelSet label_set() const { return LabelSet(name, labels, more); }
};

/// Whether a number of a Snapshot is a sample. A gauge that nobody set yet, and a NaN or negative count of a
/// producer, are none.
[[nodiscard]] constexpr bool is_sample(Kind kind, double value, bool is_unset) noexcept {
  return !is_unset && (kind != Kind::counter || value >= 0);
}

/// Gets a Snapshot as samples, in the order of families and series.
class SampleVisitor {
 public:
  SampleVisitor() = default;
  SampleVisitor(const SampleVisitor&) = delete;
  SampleVisitor& operator=(const SampleVisitor&) = delete;
  virtual ~SampleVisitor() = default;

  virtual void number(const SampleSeries& series, double value) = 0;
  /// Only with HistogramForm::whole.
  virtual void histogram(const SampleSeries& series, const HistogramValue& value) = 0;
};

/// How a visitor gets a histogram.
enum class HistogramForm : std::uint8_t {
  whole,    ///< as one HistogramValue, under the family's own name
  classic,  ///< as numbers: `_bucket` for each bound of the family and for +Inf, `_sum`, `_count`
};

/// Visits every sample; see is_sample(). A window gives its quantiles, `_sum` and `_count`. Threads: any.
/// Throws what the visitor throws, and `std::bad_alloc`. Cost: one call a sample, and a walk over the buckets
/// of each classic histogram.
void visit_samples(const Snapshot& snapshot, HistogramForm form, SampleVisitor& visitor);

}  // namespace kymo::KYMO_ABI::series
