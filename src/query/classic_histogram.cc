#include "classic_histogram.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace kymo::KYMO_ABI::query {
namespace {

constexpr double kNoValue = std::numeric_limits<double>::quiet_NaN();
constexpr double kUnbounded = std::numeric_limits<double>::infinity();

/// Adds up buckets of one bound.
void join_equal_bounds(std::vector<ClassicBucket>& buckets) {
  auto last = buckets.begin();
  for (auto at = std::next(last); at != buckets.end(); ++at) {
    if (at->upper == last->upper) {
      last->count += at->count;
    } else {
      *++last = *at;
    }
  }
  buckets.erase(std::next(last), buckets.end());
}

bool are_almost_equal(double a, double b) noexcept {
  constexpr double kTolerance = 1e-12;
  constexpr double kLeastNormal = std::numeric_limits<double>::min();
  const double sum = std::abs(a) + std::abs(b);
  const double difference = std::abs(a - b);
  if (a == 0 || b == 0 || sum < kLeastNormal) return difference < kTolerance * kLeastNormal;
  return difference / std::min(sum, std::numeric_limits<double>::max()) < kTolerance;
}

/// Counts that fall come from buckets read at different times, and tiny ones from rounding: both are raised.
void make_monotonic(std::vector<ClassicBucket>& buckets, ClassicQuantile& result) {
  result.least_bucket = kUnbounded;
  result.most_bucket = -kUnbounded;
  double before = buckets.front().count;
  for (ClassicBucket& bucket : buckets) {
    if (bucket.count == before) continue;
    if (are_almost_equal(before, bucket.count)) {
      bucket.count = before;
    } else if (bucket.count < before) {
      result.was_corrected = true;
      result.least_bucket = std::min(result.least_bucket, bucket.upper);
      result.most_bucket = std::max(result.most_bucket, bucket.upper);
      result.most_difference = std::max(result.most_difference, before - bucket.count);
      bucket.count = before;
    } else {
      before = bucket.count;
    }
  }
}

}  // namespace

ClassicQuantile quantile_of_buckets(double q, std::vector<ClassicBucket>& buckets) {
  ClassicQuantile result;
  result.value = kNoValue;
  if (std::isnan(q) || buckets.empty()) return result;
  if (q < 0 || q > 1) {
    result.value = q < 0 ? -kUnbounded : kUnbounded;
    return result;
  }
  if (buckets.back().upper != kUnbounded) return result;
  join_equal_bounds(buckets);
  make_monotonic(buckets, result);
  const double total = buckets.back().count;
  if (buckets.size() < 2 || total == 0) return result;
  const double rank = q * total;
  const auto found = std::find_if(buckets.begin(), std::prev(buckets.end()),
                                  [&](const ClassicBucket& bucket) { return bucket.count >= rank; });
  if (found == std::prev(buckets.end())) {
    result.value = std::prev(found)->upper;
  } else if (found == buckets.begin() && found->upper <= 0) {
    result.value = found->upper;
  } else {
    const bool is_first = found == buckets.begin();
    const ClassicBucket below = is_first ? ClassicBucket() : *std::prev(found);
    const double share = (rank - below.count) / (found->count - below.count);
    result.value = below.upper + (found->upper - below.upper) * share;
  }
  return result;
}

double fraction_of_buckets(double lower, double upper, std::vector<ClassicBucket>& buckets) {
  if (buckets.empty() || buckets.back().upper != kUnbounded) return kNoValue;
  join_equal_bounds(buckets);
  const double total = buckets.back().count;
  if (total == 0 || std::isnan(lower) || std::isnan(upper)) return kNoValue;
  if (lower >= upper) return 0;
  // How many values are at or below a limit.
  const auto rank_of = [&](double limit) {
    double rank = 0;
    double begin = buckets.front().upper <= 0 ? -kUnbounded : 0;
    for (const ClassicBucket& bucket : buckets) {
      if (begin >= limit) return rank;
      if (bucket.upper > limit) {
        if (begin == -kUnbounded) return bucket.count;
        return rank + (bucket.count - rank) * (limit - begin) / (bucket.upper - begin);
      }
      rank = bucket.count;
      begin = bucket.upper;
    }
    return total;
  };
  return (std::min(rank_of(upper), total) - std::min(rank_of(lower), total)) / total;
}

}  // namespace kymo::KYMO_ABI::query
