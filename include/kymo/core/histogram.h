#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include <kymo/core/detail/cells.h>
#include <kymo/core/detail/histogram_cells.h>
#include <kymo/core/detail/series_handle.h>

namespace kymo::KYMO_ABI {

class HistogramValue;
struct Label;

/// A distribution: sizes of messages, realtime factors, sampled queue lengths.
///
/// Base-2 exponential buckets (see HistogramValue): any percentile within 1 %; count, sum, min and max
/// exact; two histograms merge exactly. A family with its own bounds also counts exactly between them, for
/// the text formats. For durations use Timing. Unit: the family's. Range: 2^-40 to 2^44. Smaller values
/// count as zero, larger ones fall into the top bucket; min and max stay exact. Values are >= 0. With own
/// bounds any value is allowed, unless the family is `non_negative`. Threads: as Counter. Cost: two
/// additions to memory that only this thread writes and two comparisons. Own bounds add a search and one
/// addition; a value below zero costs some 30 ns. Errors: NaN, infinities and forbidden negative values are
/// refused and counted. Source: OpenTelemetry data model, "ExponentialHistogram"; Prometheus native
/// histograms, schema 6.
class KYMO_API Histogram final {
 public:
  Histogram() = default;
  explicit Histogram(const SeriesParts& parts) noexcept
      : handle_(parts.handle),
        cell_(parts.histogram_cell()),
        takes_negative_(parts.takes_negative),
        bounds_(parts.bounds),
        bound_count_(parts.bound_count) {}

  void record(double value) noexcept {
    if (!is_recording()) return;
    if (bounds_ == nullptr) [[likely]] {
      cells::record(cell_, value);
    } else {
      cells::record_bounded(cell_, bounds_, bound_count_, value, takes_negative_);
    }
  }

  /// As record(). In a family with exemplars on, also keeps the labels as the exemplar of the value's bucket;
  /// see Counter::add_with_exemplar(). A value that record() refuses leaves no exemplar.
  void record_with_exemplar(double value, std::initializer_list<Label> labels) noexcept;

  /// All values so far, over all threads. Include <kymo/core/histogram_value.h> for the type.
  [[nodiscard]] HistogramValue value() const;

  /// The underlying series; null when there is none.
  [[nodiscard]] const Series* series() const noexcept { return handle_.get(); }

 private:
  SeriesHandle handle_;
  CellId cell_ = kNullHistogramCell;
  bool takes_negative_ = false;
  const double* bounds_ = nullptr;
  std::size_t bound_count_ = 0;
};

}  // namespace kymo::KYMO_ABI
