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

/// A histogram at one instant: exact count, sum, min and max, and the distribution between them.
///
/// Bucket `i` holds values in (2^(i/64), 2^((i+1)/64)]: scale 6 of the OpenTelemetry exponential histogram
/// and schema 6 of Prometheus' native histograms. So two values merge exactly, and a percentile is within
/// 0.6 % of the true one. A family with its own bounds also has counts between these. Count `i` is of
/// values <= bounds[i] and above the bound before; the last count is of the rest. Only text formats show
/// them; no percentile comes from them. A border belongs to the bucket below it (upper-inclusive,
/// Prometheus' `le`).
///
/// A plain value: copy it, merge it. Threads: `const` members may be called from several at once.
class KYMO_API HistogramValue final {
 public:
  /// Resolution of the buckets: 2^kScale from one power of two to the next.
  static constexpr int kScale = 6;
  /// Exponents of the bucket range. Values up to 2^-40 (about 1e-12) count as zero, values above 2^44 (about
  /// 1.8e13) fall into the top bucket. `min()` and `max()` stay exact.
  static constexpr int kMinExponent = -40;
  static constexpr int kMaxExponent = 44;

  using Bucket = HistogramBucket;
  using Bounds = std::shared_ptr<const std::vector<double>>;

  HistogramValue() = default;
  /// An empty histogram with its own bounds, which must ascend strictly and be finite; null: without bounds.
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
  /// Count of values that were 0, or too small to differ from it.
  [[nodiscard]] std::uint64_t zero_count() const noexcept { return zero_count_; }
  /// Non-empty buckets above zero, ascending.
  [[nodiscard]] const HistogramBuckets& buckets() const noexcept { return buckets_; }
  /// The same below zero, by magnitude: bucket `i` holds values in [-2^((i+1)/64), -2^(i/64)).
  [[nodiscard]] const HistogramBuckets& negative_buckets() const noexcept;

  /// The value below which a share `q` of the recorded values lies, 0 <= q <= 1. Always between min() and
  /// max(), and within 1 % of the true one (relative). NaN while empty.
  [[nodiscard]] double quantile(double q) const noexcept;

  /// The count of values <= `bound`. Exact where `bound` is one of `bounds()` or a bucket border, as any
  /// power of two is. Elsewhere only the buckets wholly below it count.
  [[nodiscard]] std::uint64_t count_at_or_below(double bound) const noexcept;

  /// Upper border of bucket `index`: 2^((index+1)/64).
  [[nodiscard]] static double upper_border(std::int32_t index) noexcept;

  /// Adds the other's values. Both must have the same bounds, or none; else returns false and changes
  /// nothing.
  bool merge(const HistogramValue& other);

  /// Subtracts the values of `earlier`, an earlier reading of this histogram. Min and max stay where the
  /// remaining buckets allow them; else they become those buckets' borders. With other bounds: returns false
  /// and changes nothing.
  bool subtract(const HistogramValue& earlier);

  /// To fill a value: call `add_bucket` with ascending indices, or use merge().
  void add_bucket(std::int32_t index, std::uint64_t count);
  /// Replaces all calls of add_bucket(): `count` is the sum over the buckets.
  void set_buckets(HistogramBuckets buckets, std::uint64_t count) noexcept {
    buckets_ = std::move(buckets), count_ = zero_count_ + count;
  }
  /// `counts`: one more than bounds. Their sum becomes count().
  void set_bounded(Bounds bounds, std::vector<std::uint64_t> counts, HistogramBuckets negative);
  void add_zeros(std::uint64_t count);
  void set_sum(double sum) noexcept { sum_ = sum; }
  void set_extremes(double min, double max) noexcept { min_ = min, max_ = max; }
  /// Moves min and max between the buckets' borders: both may come from another moment than the buckets.
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
