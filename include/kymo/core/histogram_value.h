#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <kymo/core/histogram_buckets.h>

namespace kymo::KYMO_ABI {

/// What a histogram held at one instant: exact count, sum, min and max, and the distribution between them.
///
/// Bucket `i` holds values in (2^(i/64), 2^((i+1)/64)], which is scale 6 of the OpenTelemetry exponential
/// histogram and schema 6 of Prometheus' native histograms, so that two of them merge exactly and a
/// percentile is within 0.6 % of the true one. A family with bounds of its own has counts between those too:
/// count `i` is of values <= bounds[i] and above the bound before, the last one of the rest. They are a view
/// for text formats; no percentile comes from them. A border belongs to the bucket below it (upper-inclusive,
/// Prometheus' `le`).
///
/// A plain value: copy it, merge it. Threads: `const` members may be called from several at once.
class KYMO_API HistogramValue final {
 public:
  /// Resolution of the buckets: 2^kScale from one power of two to the next.
  static constexpr int kScale = 6;
  /// Exponents of the range that is told apart: values up to 2^-40 (about 1e-12) count as zero,
  /// values above 2^44 (about 1.8e13) count into the topmost bucket. `min()` and `max()` stay exact.
  static constexpr int kMinExponent = -40;
  static constexpr int kMaxExponent = 44;

  using Bucket = HistogramBucket;
  using Bounds = std::shared_ptr<const std::vector<double>>;

  HistogramValue() = default;
  /// An empty histogram with bounds of its own, which ascend strictly and are finite; null: without.
  explicit HistogramValue(Bounds bounds);

  [[nodiscard]] bool has_bounds() const noexcept { return bounded_ != nullptr; }
  [[nodiscard]] std::span<const double> bounds() const noexcept;
  /// One more than bounds; empty without them.
  [[nodiscard]] std::span<const std::uint64_t> bound_counts() const noexcept;
  [[nodiscard]] std::uint64_t count() const noexcept {
    return bounded_ == nullptr ? count_ : bounded_->count;
  }
  [[nodiscard]] double sum() const noexcept { return sum_; }
  /// NaN while nothing was recorded.
  [[nodiscard]] double min() const noexcept { return min_; }
  [[nodiscard]] double max() const noexcept { return max_; }
  /// 0 while nothing was recorded.
  [[nodiscard]] double mean() const noexcept;
  /// Values that were 0, or too small to tell from it.
  [[nodiscard]] std::uint64_t zero_count() const noexcept { return zero_count_; }
  /// Buckets above zero that hold something, ascending.
  [[nodiscard]] const HistogramBuckets& buckets() const noexcept { return buckets_; }
  /// The same below zero, by magnitude: bucket `i` holds values in [-2^((i+1)/64), -2^(i/64)).
  [[nodiscard]] const HistogramBuckets& negative_buckets() const noexcept;

  /// The value below which a share `q` of the recorded values lies, 0 <= q <= 1; between min() and max()
  /// always, and within 1 % of the true one (relative). NaN while empty.
  [[nodiscard]] double quantile(double q) const noexcept;

  /// How many values were <= `bound`. Exact where `bound` is one of `bounds()` or a bucket border, as any
  /// power of two is; elsewhere the buckets wholly below it are counted.
  [[nodiscard]] std::uint64_t count_at_or_below(double bound) const noexcept;

  /// Upper border of bucket `index`: 2^((index+1)/64).
  [[nodiscard]] static double upper_border(std::int32_t index) noexcept;

  /// Adds the other's values. Both must have the same bounds, or none; otherwise nothing happens and false
  /// comes back.
  bool merge(const HistogramValue& other);

  /// Takes out the values of `earlier`, which this histogram read before. Min and max are kept where the
  /// buckets that are left allow them, else they are those buckets' borders. With other bounds:
  /// nothing happens, and false comes back.
  bool subtract(const HistogramValue& earlier);

  /// For whoever fills a value: `add_bucket` calls must come with ascending indices, or through merge().
  void add_bucket(std::int32_t index, std::uint64_t count);
  /// In place of all calls: `count` is what the buckets hold together.
  void set_buckets(HistogramBuckets buckets, std::uint64_t count) noexcept {
    buckets_ = std::move(buckets), count_ = zero_count_ + count;
  }
  /// `counts`: one more than bounds. What they hold together is then the count().
  void set_bounded(Bounds bounds, std::vector<std::uint64_t> counts, HistogramBuckets negative);
  void add_zeros(std::uint64_t count);
  void set_sum(double sum) noexcept { sum_ = sum; }
  void set_extremes(double min, double max) noexcept { min_ = min, max_ = max; }
  /// Brings min and max, which may have been read at another moment than the buckets, between these' borders.
  void settle_extremes() noexcept;

  friend bool operator==(const HistogramValue& a, const HistogramValue& b) noexcept;

 private:
  /// The part that only a histogram with bounds has; shared by copies.
  struct Bounded {
    Bounds bounds;
    std::vector<std::uint64_t> counts;
    std::uint64_t count = 0;  ///< of them all
    HistogramBuckets negative;
    std::uint64_t negative_count = 0;
  };

  [[nodiscard]] bool has_bounds_of(const HistogramValue& other) const noexcept;
  [[nodiscard]] std::uint64_t negative_count() const noexcept {
    return bounded_ == nullptr ? 0 : bounded_->negative_count;
  }
  [[nodiscard]] std::pair<double, double> borders() const noexcept;
  [[nodiscard]] bool extremes_lie_in_buckets() const noexcept;
  [[nodiscard]] double quantile_at(double rank) const noexcept;

  std::shared_ptr<const Bounded> bounded_;
  HistogramBuckets buckets_;
  std::uint64_t count_ = 0;  // of buckets_ and zeros
  std::uint64_t zero_count_ = 0;
  double sum_ = 0;
  double min_ = std::numeric_limits<double>::quiet_NaN();
  double max_ = std::numeric_limits<double>::quiet_NaN();
};

}  // namespace kymo::KYMO_ABI
