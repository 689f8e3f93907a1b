#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <kymo/series/float_histogram.h>

#include "compensated.h"

/// Arithmetic of native histograms. Threads: any. Errors: `std::bad_alloc` only. Cost: linear in the buckets,
/// where nothing else is said. Source: Prometheus, "Native histograms specification".
namespace kymo::KYMO_ABI::query {

using series::FloatHistogram;
using series::FloatHistogramRef;

/// How an addition went.
struct HistogramOutcome {
  bool is_compatible = true;    ///< false: one has custom bounds, the other has not; nothing changed
  bool has_conflict = false;    ///< one was marked as reset, the other as not
  bool changed_bounds = false;  ///< only bounds that both have remain

  HistogramOutcome& operator|=(const HistogramOutcome& other) noexcept {
    is_compatible = is_compatible && other.is_compatible;
    has_conflict = has_conflict || other.has_conflict;
    changed_bounds = changed_bounds || other.changed_bounds;
    return *this;
  }
};

/// Adds to `into`, after bringing both to the coarser schema, the wider zero bucket and the common bounds.
HistogramOutcome add(FloatHistogram& into, const FloatHistogram& other);
HistogramOutcome subtract(FloatHistogram& from, const FloatHistogram& other);
/// A negative factor makes the histogram a gauge, and so does a negative divisor.
void multiply(FloatHistogram& histogram, double factor);
/// Division by zero leaves no buckets.
void divide(FloatHistogram& histogram, double divisor);
/// Drops buckets that became empty.
void compact(FloatHistogram& histogram);
[[nodiscard]] FloatHistogram in_schema(const FloatHistogram& histogram, std::int32_t schema);

/// A sum of histograms whose every number is compensated for rounding.
class HistogramSum final {
 public:
  explicit HistogramSum(const FloatHistogram& first);

  HistogramOutcome add(const FloatHistogram& other);
  void multiply(double factor);
  void divide(double divisor);
  /// Whether a sum with a number of this size might overflow.
  [[nodiscard]] bool is_near_overflow() const noexcept;
  [[nodiscard]] bool has_overflow() const noexcept;
  [[nodiscard]] FloatHistogram value() const;

  struct Bucket {
    std::int32_t index = 0;
    Compensated count;
  };
  /// Members as of FloatHistogram.
  struct Parts {
    series::ResetHint hint;
    std::int32_t schema;
    double zero_threshold;
    Compensated zero_count;
    Compensated count;
    Compensated sum;
    std::vector<Bucket> positive;
    std::vector<Bucket> negative;
    std::shared_ptr<const std::vector<double>> bounds;

    [[nodiscard]] bool has_custom_bounds() const noexcept { return schema == FloatHistogram::kCustomSchema; }
  };

 private:
  Parts parts_;
};

/// The mean of histograms. Falls back from a sum to a running mean where the sum would overflow.
class HistogramMean final {
 public:
  explicit HistogramMean(const FloatHistogram& first) : sum_(first) {}

  HistogramOutcome add(const FloatHistogram& other);
  [[nodiscard]] FloatHistogram value() const;

 private:
  HistogramSum sum_;
  double count_ = 1;
  bool is_running_mean_ = false;
};

/// Whether counting began anew between two histograms of a series.
[[nodiscard]] bool is_reset(const FloatHistogram& current, const FloatHistogram& previous);

/// Whether all numbers have equal bits; the hints do not count.
[[nodiscard]] bool is_same(const FloatHistogram& a, const FloatHistogram& b) noexcept;
[[nodiscard]] bool have_same_bounds(const FloatHistogram& a, const FloatHistogram& b) noexcept;

struct BucketRange {
  double lower = 0;
  double upper = 0;
  double count = 0;
  bool includes_lower = false;
  bool includes_upper = false;
};

/// Upper bound of a bucket above zero; its lower one is that of the index before.
[[nodiscard]] double upper_bound(const FloatHistogram& histogram, std::int32_t index);
/// How many buckets there are, the zero bucket among them where it has values.
[[nodiscard]] std::size_t bucket_count(const FloatHistogram& histogram) noexcept;
/// The bucket at a place, ascending by bounds; it does not reach into the zero bucket.
[[nodiscard]] BucketRange bucket_at(const FloatHistogram& histogram, std::size_t place);

/// Effect of NaN values on a quantile or fraction.
enum class NanEffect : std::uint8_t { none, nan_result, skewed };

struct HistogramEstimate {
  double value = 0;
  NanEffect effect = NanEffect::none;
};

/// The value below which a share `q` of the values lies: interpolated exponentially, and linearly in the zero
/// bucket and with custom bounds.
[[nodiscard]] HistogramEstimate quantile_of(const FloatHistogram& histogram, double q);
/// The share of values between two limits.
[[nodiscard]] HistogramEstimate fraction_of(const FloatHistogram& histogram, double lower, double upper);
[[nodiscard]] double variance_of(const FloatHistogram& histogram);

/// Removes the values above the limit, or below it; estimates their part of buckets that the limit cuts.
void trim_above(FloatHistogram& histogram, double limit);
void trim_below(FloatHistogram& histogram, double limit);

/// `{count:3, sum:1.5, [-0.001,0.001]:1, (0.5,1]:2}`, as `count_values` shows it.
[[nodiscard]] std::string text_of(const FloatHistogram& histogram);

}  // namespace kymo::KYMO_ABI::query
