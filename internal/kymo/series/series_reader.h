#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/core/descriptor.h>
#include <kymo/core/histogram_buckets.h>
#include <kymo/series/float_histogram.h>
#include <kymo/series/label_set.h>
#include <kymo/series/matcher.h>

namespace kymo::KYMO_ABI::series {

/// The value of a sample that marks the end of a series: a NaN with this payload. Source: Prometheus,
/// `model/value`.
inline constexpr std::uint64_t kStaleBits = 0x7ff0000000000002U;

/// The index of the bucket of values that count as zero, below that of every other exponential bucket.
inline constexpr std::int32_t kZeroBucket = HistogramBuckets::kLeastIndex - 1;

/// Milliseconds since 1970 from `from_ms` to `to_ms`, both included.
struct TimeRange {
  std::int64_t from_ms = std::numeric_limits<std::int64_t>::min();
  std::int64_t to_ms = std::numeric_limits<std::int64_t>::max();
};

/// A metric family, as a store knows it.
struct FamilyInfo {
  std::string name;  ///< the OpenMetrics family name
  Kind kind = Kind::gauge;
  std::string help;
  std::string unit;
  /// The `le` bounds that text formats show of its histograms, without +Inf.
  std::vector<double> text_bounds;

  friend bool operator==(const FamilyInfo&, const FamilyInfo&) = default;
};

/// The samples of one series are all of one form.
enum class SampleForm : std::uint8_t {
  number,
  histogram,  ///< native: one series for all of its buckets
};

/// One series of a store. Immutable.
struct StoredSeries {
  LabelSet labels;
  SampleForm form = SampleForm::number;
  std::shared_ptr<const FamilyInfo> family;  ///< not null

  StoredSeries() = default;
  StoredSeries(const StoredSeries&) = delete;
  StoredSeries& operator=(const StoredSeries&) = delete;
  virtual ~StoredSeries() = default;
};

/// Names a series to the store that gave the reference. The reference keeps the labels alive, not the
/// samples.
using SeriesRef = std::shared_ptr<const StoredSeries>;

/// The sample at which a count began, and when it began: a series' first sample, and one after each reset.
struct CountStart {
  std::uint32_t sample = 0;  ///< its place in the chunk
  std::int64_t time_ms = 0;  ///< since 1970

  friend bool operator==(const CountStart&, const CountStart&) = default;
};

/// The buckets of a chunk's histograms, a column a bucket. Each count is of its bucket alone, and grows with
/// time.
struct HistogramChunk {
  std::span<const double> bounds;         ///< of a family with own bounds; empty: exponential buckets
  std::span<const std::int32_t> buckets;  ///< indexes as of HistogramValue, kZeroBucket, or into `bounds`
  std::span<const std::vector<std::uint64_t>> counts;  ///< for each bucket, for each sample
};

/// The part of a range's samples that a reader needs. A store may give fewer samples with the same result.
enum class SampleUse : std::uint8_t {
  every,
  edges,     ///< the first and the last sample, and the growth of a count between them
  least,     ///< the smallest number
  greatest,  ///< the largest number
  sum,       ///< of all numbers
  count,     ///< of all samples
};

/// The use that a reader makes of a series.
struct ReadWish {
  SampleUse use = SampleUse::every;
  /// All ranges of the reader begin and end at multiples of this, in milliseconds since 1970; 0: at any time.
  std::int64_t grid_ms = 0;

  friend bool operator==(const ReadWish&, const ReadWish&) = default;
};

/// Consecutive samples of one series as columns of one length.
struct SeriesChunk {
  std::span<const std::int64_t> times_ms;  ///< ascending
  std::span<const double> values;          ///< of a histogram its sums; kStaleBits: the series ended here
  std::span<const std::uint64_t>
      counts;  ///< `values`, exact to 2^64 − 1, of a series of whole counts; else empty
  std::span<const CountStart>
      starts;  ///< ascending by sample; a chunk that goes on with a count has none for it
  const HistogramChunk* histogram = nullptr;  ///< null of a number
  /// Histograms in the form that PromQL computes with, one a sample, null where the sample is a number. Empty
  /// of a series that has none, and where `histogram` has them.
  std::span<const FloatHistogramRef> float_histograms = {};
  /// `every`: the samples themselves. `edges`: some of them. Else each value stands for the samples since the
  /// value before it: their least, greatest, sum or count.
  SampleUse use = SampleUse::every;
};

/// When a read is given up, whatever it has found so far.
struct ReadLimit {
  std::stop_token stop = {};
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();

  [[nodiscard]] bool is_reached() const noexcept {
    return stop.stop_requested() || (deadline != std::chrono::steady_clock::time_point::max() &&
                                     std::chrono::steady_clock::now() >= deadline);
  }
};

/// Reads one series after another. Memory for columns is kept from chunk to chunk and series to series.
/// Threads: one. The scan keeps alive what it reads, whatever the store evicts meanwhile.
class SeriesScan {
 public:
  SeriesScan() = default;
  SeriesScan(const SeriesScan&) = delete;
  SeriesScan& operator=(const SeriesScan&) = delete;
  virtual ~SeriesScan() = default;

  /// Begins to read the samples of a series within the range. A series that the store no longer has, has
  /// none.
  virtual void open(const SeriesRef& series, TimeRange range) = 0;
  /// The same for a reader that needs less than every sample. Ranges on the grid of the wish get the same
  /// result as from all samples.
  virtual void open_for(const SeriesRef& series, TimeRange range, const ReadWish& /*wish*/) {
    open(series, range);
  }
  /// The next samples, oldest first; null at the end, and once the limit of the scan is reached. Valid until
  /// the next call. Throws `std::bad_alloc`.
  [[nodiscard]] virtual const SeriesChunk* next() = 0;
  /// Data that was damaged, or that did not fit into memory, and is missing from what next() gave so far.
  [[nodiscard]] virtual std::uint64_t missing_chunks() const noexcept = 0;
};

/// Finds and reads the series of a store. Threads: any, beside those that append.
class SeriesReader {
 public:
  SeriesReader() = default;
  SeriesReader(const SeriesReader&) = delete;
  SeriesReader& operator=(const SeriesReader&) = delete;
  virtual ~SeriesReader() = default;

  /// The series that fit all matchers and may have samples in the range, at most `most`. Cost: with matchers
  /// `key="value"` a walk over the series with the rarest of these labels, else over all.
  [[nodiscard]] virtual std::vector<SeriesRef> find(
      std::span<const Matcher> matchers, TimeRange range, const ReadLimit& limit = {},
      std::size_t most = std::numeric_limits<std::size_t>::max()) const = 0;
  [[nodiscard]] virtual std::unique_ptr<SeriesScan> scan(ReadLimit limit = {}) const = 0;

  /// The keys of the labels of these series; and the values of one key. Ascending, each once.
  [[nodiscard]] std::vector<std::string> label_names(std::span<const Matcher> matchers, TimeRange range,
                                                     const ReadLimit& limit = {}) const;
  [[nodiscard]] std::vector<std::string> label_values(std::string_view key, std::span<const Matcher> matchers,
                                                      TimeRange range, const ReadLimit& limit = {}) const;
  /// The families of the store's series, ascending by name.
  [[nodiscard]] std::vector<std::shared_ptr<const FamilyInfo>> families(const ReadLimit& limit = {}) const;
};

/// Whether the labels fit all matchers.
[[nodiscard]] bool fits(const LabelSet& labels, std::span<const Matcher> matchers) noexcept;

}  // namespace kymo::KYMO_ABI::series
