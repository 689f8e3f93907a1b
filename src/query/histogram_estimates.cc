// Facts about values that a histogram's buckets tell.
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "histogram_math.h"
#include "number_texts.h"

namespace kymo::KYMO_ABI::query {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

BucketRange positive_range(const FloatHistogram& histogram, const series::FloatBucket& bucket) {
  BucketRange range;
  range.lower = upper_bound(histogram, bucket.index - 1);
  range.upper = upper_bound(histogram, bucket.index);
  range.count = bucket.count;
  range.includes_lower = histogram.has_custom_bounds() && bucket.index == 0;
  range.includes_upper = true;
  return range;
}

BucketRange negative_range(const FloatHistogram& histogram, const series::FloatBucket& bucket) {
  BucketRange range = positive_range(histogram, bucket);
  std::swap(range.lower, range.upper);
  range.lower = -range.lower;
  range.upper = -range.upper;
  range.includes_lower = true;
  range.includes_upper = false;
  return range;
}

BucketRange zero_range(const FloatHistogram& histogram) {
  return {-histogram.zero_threshold, histogram.zero_threshold, histogram.zero_count, true, true};
}

/// Where all values are on one side, the zero bucket has none on the other.
void narrow_zero_bucket(const FloatHistogram& histogram, BucketRange& bucket) {
  if (histogram.negative.empty() && !histogram.positive.empty()) bucket.lower = 0;
  if (histogram.positive.empty() && !histogram.negative.empty()) bucket.upper = 0;
}

double fraction_below(const BucketRange& bucket, double value, bool is_linear) {
  if (is_linear) return (value - bucket.lower) / (bucket.upper - bucket.lower);
  const double lower = std::log2(std::abs(bucket.lower));
  const double upper = std::log2(std::abs(bucket.upper));
  const double at = std::log2(std::abs(value));
  return value > 0 ? (at - lower) / (upper - lower) : 1 - (at - upper) / (lower - upper);
}

double value_within(const BucketRange& bucket, double fraction, bool is_linear) {
  if (is_linear) return bucket.lower + (bucket.upper - bucket.lower) * fraction;
  const double lower = std::log2(std::abs(bucket.lower));
  const double upper = std::log2(std::abs(bucket.upper));
  if (bucket.lower > 0) return std::exp2(lower + (upper - lower) * fraction);
  return -std::exp2(upper + (lower - upper) * (1 - fraction));
}

/// The count of bucket_at().
double count_at(const FloatHistogram& histogram, std::size_t place) {
  const std::size_t below = histogram.negative.size();
  if (place < below) return histogram.negative[below - 1 - place].count;
  place -= below;
  if (histogram.zero_count > 0) {
    if (place == 0) return histogram.zero_count;
    --place;
  }
  return histogram.positive[place].count;
}

/// Finds the bucket of a rank, from below or from above.
struct RankSearch {
  RankSearch(const FloatHistogram& histogram, double rank, bool from_below) {
    const std::size_t buckets = bucket_count(histogram);
    std::size_t place = 0;
    while (seen < buckets) {
      place = from_below ? seen : buckets - 1 - seen;
      ++seen;
      const double next = count_at(histogram, place);
      if (next == 0) continue;
      count += next;
      if (count >= rank) break;
    }
    if (seen > 0) bucket = bucket_at(histogram, place);
  }

  BucketRange bucket;
  double count = 0;      ///< of the bucket and those before
  std::size_t seen = 0;  ///< buckets
};

/// The rank of a limit: how many values are at or below it.
class LimitRank {
 public:
  explicit LimitRank(double limit) : limit_(limit) {}

  [[nodiscard]] bool is_found() const noexcept { return is_found_; }
  void look_before(const BucketRange& bucket, double rank) {
    if (!is_found_ && bucket.lower >= limit_) found(rank);
  }
  void look_within(const BucketRange& bucket, double rank, bool is_linear) {
    if (is_found_ || bucket.lower >= limit_ || bucket.upper <= limit_) return;
    if (is_linear && bucket.lower == -kInfinity) {
      found(bucket.count);
    } else {
      found(rank + bucket.count * fraction_below(bucket, limit_, is_linear));
    }
  }
  [[nodiscard]] double value(double count) const noexcept {
    return is_found_ ? std::min(rank_, count) : count;
  }

 private:
  void found(double rank) {
    rank_ = rank;
    is_found_ = true;
  }

  double limit_;
  double rank_ = 0;
  bool is_found_ = false;
};

double count_from(const FloatHistogram& histogram, std::size_t place) {
  double count = 0;
  for (; place < bucket_count(histogram); ++place) count += bucket_at(histogram, place).count;
  return count;
}

/// A part of a bucket that stays, and where its middle is.
struct Kept {
  double count = 0;
  double middle = 0;
};

double zero_if_infinite(double value) noexcept { return std::isinf(value) ? 0 : value; }

double middle_of(double lower, double upper, bool is_linear) {
  if (std::isinf(lower)) {
    if (std::isinf(upper)) return 0;
    return upper > 0 ? upper / 2 : upper;
  }
  if (std::isinf(upper)) return lower;
  if (is_linear) return (lower + upper) / 2;
  const double middle = std::sqrt(std::abs(lower * upper));
  return upper > 0 ? middle : -middle;
}

/// Of a bucket without a lower or upper end. Values below the first bound count as above 0 where it is.
Kept cut_open_bucket(const BucketRange& bucket, double limit, bool keeps_below) {
  const bool splits = bucket.upper > 0 && !std::isinf(bucket.upper);
  if (bucket.lower == -kInfinity) {
    if (keeps_below) {
      if (limit >= bucket.upper) return {bucket.count, 0};
      if (limit > 0 && splits) return {bucket.count * limit / bucket.upper, limit / 2};
      if (bucket.upper <= 0) return {bucket.count, limit};
      return {0, zero_if_infinite(bucket.upper)};
    }
    if (limit <= bucket.lower) return {bucket.count, 0};
    if (limit >= 0 && bucket.upper > limit && splits) {
      return {bucket.count * (1 - limit / bucket.upper), (limit + bucket.upper) / 2};
    }
    return {0, zero_if_infinite(bucket.upper)};
  }
  if (!keeps_below && limit >= bucket.lower) return {bucket.count, limit};
  return {0, zero_if_infinite(bucket.lower)};
}

Kept cut_bucket(const BucketRange& bucket, double limit, bool keeps_below, bool is_linear) {
  if (std::isinf(bucket.lower) || std::isinf(bucket.upper))
    return cut_open_bucket(bucket, limit, keeps_below);
  const double below = bucket.count * fraction_below(bucket, limit, is_linear);
  if (keeps_below) return {below, middle_of(bucket.lower, limit, is_linear)};
  return {bucket.count - below, middle_of(limit, bucket.upper, is_linear)};
}

Kept kept_of(const BucketRange& bucket, double limit, bool keeps_below, bool is_linear) {
  const Kept whole{bucket.count, middle_of(bucket.lower, bucket.upper, is_linear)};
  if (bucket.lower >= limit) return keeps_below ? Kept() : whole;
  if (bucket.upper <= limit) return keeps_below ? whole : Kept();
  return cut_bucket(bucket, limit, keeps_below, is_linear);
}

void trim(FloatHistogram& histogram, double limit, bool keeps_below) {
  double count = 0;
  double sum = 0;
  bool is_changed = false;
  const auto keep = [&](double& of_bucket, const Kept& kept) {
    is_changed = is_changed || of_bucket != kept.count;
    count += kept.count;
    if (kept.count != 0) sum += kept.middle * kept.count;
    of_bucket = kept.count;
  };
  const bool is_linear = histogram.has_custom_bounds();
  BucketRange zero = zero_range(histogram);
  narrow_zero_bucket(histogram, zero);
  for (auto& bucket : histogram.positive) {
    keep(bucket.count, kept_of(positive_range(histogram, bucket), limit, keeps_below, is_linear));
  }
  for (auto& bucket : histogram.negative) {
    keep(bucket.count, kept_of(negative_range(histogram, bucket), limit, keeps_below, is_linear));
  }
  if (histogram.zero_count > 0) keep(histogram.zero_count, kept_of(zero, limit, keeps_below, true));
  if (!is_changed) return;
  histogram.count = count;
  histogram.sum = sum;
  compact(histogram);
}

}  // namespace

std::size_t bucket_count(const FloatHistogram& histogram) noexcept {
  return histogram.negative.size() + (histogram.zero_count > 0 ? 1U : 0U) + histogram.positive.size();
}

BucketRange bucket_at(const FloatHistogram& histogram, std::size_t place) {
  const double zero = histogram.zero_threshold;
  const std::size_t below = histogram.negative.size();
  if (place < below) {
    BucketRange range = negative_range(histogram, histogram.negative[below - 1 - place]);
    if (range.upper < 0 && range.upper > -zero) range.upper = -zero;
    return range;
  }
  place -= below;
  if (histogram.zero_count > 0) {
    if (place == 0) return zero_range(histogram);
    --place;
  }
  BucketRange range = positive_range(histogram, histogram.positive[place]);
  if (range.lower > 0 && range.lower < zero) range.lower = zero;
  return range;
}

HistogramEstimate quantile_of(const FloatHistogram& histogram, double q) {
  if (q < 0) return {-kInfinity};
  if (q > 1) return {kInfinity};
  if (histogram.count == 0 || std::isnan(q)) return {std::numeric_limits<double>::quiet_NaN()};
  const bool has_nan = std::isnan(histogram.sum);
  // From the nearer end, the sum of the counts has less rounding.
  const bool from_below = has_nan || q < 0.5;
  const double rank = (from_below ? q : 1 - q) * histogram.count;
  const RankSearch search(histogram, rank, from_below);
  BucketRange bucket = search.bucket;
  if (histogram.has_custom_bounds()) {
    if (bucket.lower == -kInfinity) {
      if (bucket.upper <= 0) return {bucket.upper};
      bucket.lower = 0;
    } else if (bucket.upper == kInfinity) {
      return {bucket.lower};
    }
  } else if (bucket.lower < 0 && bucket.upper > 0) {
    narrow_zero_bucket(histogram, bucket);
  }
  const double count = std::min(search.count, histogram.count);
  if (count < rank) {
    if (has_nan) return {std::numeric_limits<double>::quiet_NaN(), NanEffect::nan_result};
    return {bucket.upper};
  }
  HistogramEstimate estimate;
  if (has_nan && count + count_from(histogram, search.seen) < histogram.count) {
    estimate.effect = NanEffect::skewed;
  }
  const double within = from_below ? rank - (count - bucket.count) : count - rank;
  const bool is_linear = histogram.has_custom_bounds() || (bucket.lower <= 0 && bucket.upper >= 0);
  estimate.value = value_within(bucket, within / bucket.count, is_linear);
  return estimate;
}

HistogramEstimate fraction_of(const FloatHistogram& histogram, double lower, double upper) {
  if (histogram.count == 0 || std::isnan(lower) || std::isnan(upper)) {
    return {std::numeric_limits<double>::quiet_NaN()};
  }
  if (lower >= upper) return {0};
  LimitRank from(lower);
  LimitRank to(upper);
  double rank = 0;
  for (std::size_t place = 0; place < bucket_count(histogram); ++place) {
    BucketRange bucket = bucket_at(histogram, place);
    const bool is_zero_bucket = bucket.lower <= 0 && bucket.upper >= 0;
    if (is_zero_bucket) narrow_zero_bucket(histogram, bucket);
    const bool is_linear = histogram.has_custom_bounds() || is_zero_bucket;
    from.look_before(bucket, rank);
    to.look_before(bucket, rank);
    from.look_within(bucket, rank, is_linear);
    to.look_within(bucket, rank, is_linear);
    if (from.is_found() && to.is_found()) break;
    rank += bucket.count;
  }
  HistogramEstimate estimate;
  double count = histogram.count;
  if (std::isnan(histogram.sum)) {
    count = count_from(histogram, 0);
    if (count < histogram.count) estimate.effect = NanEffect::skewed;
  }
  estimate.value = (to.value(count) - from.value(count)) / histogram.count;
  return estimate;
}

double variance_of(const FloatHistogram& histogram) {
  const double mean = histogram.sum / histogram.count;
  Compensated variance;
  for (std::size_t place = 0; place < bucket_count(histogram); ++place) {
    const BucketRange bucket = bucket_at(histogram, place);
    double middle = 0;
    if (histogram.has_custom_bounds()) {
      middle = (bucket.upper + bucket.lower) / 2;
    } else if (bucket.lower > 0 || bucket.upper < 0) {
      middle = std::sqrt(bucket.upper * bucket.lower);
      if (bucket.upper < 0) middle = -middle;
    }
    const double distance = middle - mean;
    variance += bucket.count * distance * distance;
  }
  return (variance.sum + variance.lost) / histogram.count;
}

void trim_above(FloatHistogram& histogram, double limit) { trim(histogram, limit, true); }
void trim_below(FloatHistogram& histogram, double limit) { trim(histogram, limit, false); }

std::string text_of(const FloatHistogram& histogram) {
  std::string text =
      "{count:" + general_number_text(histogram.count) + ", sum:" + general_number_text(histogram.sum);
  for (std::size_t place = 0; place < bucket_count(histogram); ++place) {
    const bool is_negative = place < histogram.negative.size();
    BucketRange bucket = bucket_at(histogram, place);
    if (is_negative) {
      bucket = negative_range(histogram, histogram.negative[histogram.negative.size() - 1 - place]);
    }
    if (bucket.count == 0) continue;
    text += bucket.includes_lower ? ", [" : ", (";
    text += general_number_text(bucket.lower) + "," + general_number_text(bucket.upper);
    text += bucket.includes_upper ? "]:" : "):";
    text += general_number_text(bucket.count);
  }
  return text + "}";
}

}  // namespace kymo::KYMO_ABI::query
