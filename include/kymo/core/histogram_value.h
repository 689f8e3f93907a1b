#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <kymo/core/histogram_buckets.h>

namespace kymo::inline v0 {

/// What a histogram held at one instant: exact count, sum, min and max, and the distribution between them.
///
/// Two forms. *Exponential* (the default): bucket `i` holds values in (2^(i/64), 2^((i+1)/64)], which is
/// scale 6 of the OpenTelemetry exponential histogram and schema 6 of Prometheus' native histograms, so that
/// two of them merge exactly and a percentile is within 0.6 % of the true one. *Explicit*: bounds chosen by
/// the user; bucket `i` holds values <= bounds[i], the last one the rest. A border belongs to the bucket
/// below it (upper-inclusive, Prometheus' `le`).
///
/// A plain value: copy it, merge it. Threads: `const` members may be called from several at once.
class HistogramValue final {
 public:
  /// Resolution of the exponential form: 2^kScale buckets from one power of two to the next.
  static constexpr int kScale = 6;
  /// Exponents of the range that is told apart: values up to 2^-40 (about 1e-12) count as zero,
  /// values above 2^44 (about 1.8e13) count into the topmost bucket. `min()` and `max()` stay exact.
  static constexpr int kMinExponent = -40;
  static constexpr int kMaxExponent = 44;

  using Bucket = HistogramBucket;
  using Bounds = std::shared_ptr<const std::vector<double>>;

  HistogramValue() = default;
  /// An empty histogram of the explicit form. `bounds` ascend strictly and are finite.
  explicit HistogramValue(Bounds bounds);

  [[nodiscard]] bool is_explicit() const noexcept { return bounds_ != nullptr; }
  [[nodiscard]] std::span<const double> bounds() const noexcept;
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  [[nodiscard]] double sum() const noexcept { return sum_; }
  /// NaN while nothing was recorded.
  [[nodiscard]] double min() const noexcept { return min_; }
  [[nodiscard]] double max() const noexcept { return max_; }
  [[nodiscard]] double mean() const noexcept;
  /// Values that were 0, or too small to tell from it (exponential form only).
  [[nodiscard]] std::uint64_t zero_count() const noexcept { return zero_count_; }
  /// Buckets that hold something, ascending.
  [[nodiscard]] const HistogramBuckets& buckets() const noexcept { return buckets_; }

  /// The value below which a share `q` of the recorded values lies, 0 <= q <= 1; between min() and max()
  /// always. Exponential: within 1 % of the true one (relative). Explicit: linear within a bucket. NaN while
  /// empty.
  [[nodiscard]] double quantile(double q) const noexcept;

  /// How many values were <= `bound`. Exact where `bound` is a bucket border (any power of two in the
  /// exponential form, any of `bounds()` in the explicit one); elsewhere the buckets wholly below it are
  /// counted.
  [[nodiscard]] std::uint64_t count_at_or_below(double bound) const noexcept;

  /// Upper border of exponential bucket `index`: 2^((index+1)/64).
  [[nodiscard]] static double upper_border(std::int32_t index) noexcept;

  /// Adds the other's values. Both must be of the same form (and bounds); otherwise nothing happens and false
  /// comes back.
  bool merge(const HistogramValue& other);

  /// Takes out the values of `earlier`, which this histogram read before. Min and max are kept where the
  /// buckets that are left allow them, else they are those buckets' borders. Of another form: nothing
  /// happens, and false comes back.
  bool subtract(const HistogramValue& earlier);

  /// For whoever fills a value: `add_bucket` calls must come with ascending indices, or through merge().
  void add_bucket(std::int32_t index, std::uint64_t count);
  /// In place of all calls: `count` is what the buckets hold together.
  void set_buckets(HistogramBuckets buckets, std::uint64_t count) noexcept {
    buckets_ = std::move(buckets), count_ = zero_count_ + count;
  }
  void add_zeros(std::uint64_t count);
  void set_sum(double sum) noexcept { sum_ = sum; }
  void set_extremes(double min, double max) noexcept { min_ = min, max_ = max; }
  /// Brings min and max, which may have been read at another moment than the buckets, between these' borders.
  void settle_extremes() noexcept;

  friend bool operator==(const HistogramValue&, const HistogramValue&) = default;

 private:
  [[nodiscard]] bool has_form_of(const HistogramValue& other) const noexcept;
  [[nodiscard]] std::pair<double, double> borders() const noexcept;
  [[nodiscard]] bool extremes_lie_in_buckets() const noexcept;
  [[nodiscard]] double explicit_quantile(double rank) const noexcept;
  [[nodiscard]] double exponential_quantile(double rank) const noexcept;

  Bounds bounds_;
  HistogramBuckets buckets_;
  std::uint64_t count_ = 0;
  std::uint64_t zero_count_ = 0;
  double sum_ = 0;
  double min_ = std::numeric_limits<double>::quiet_NaN();
  double max_ = std::numeric_limits<double>::quiet_NaN();
};

}  // namespace kymo::inline v0
