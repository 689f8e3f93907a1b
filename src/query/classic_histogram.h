#pragma once

#include <vector>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::query {

/// A bucket of a classic histogram: how many values are at or below its bound.
struct ClassicBucket {
  double upper = 0;
  double count = 0;
};

struct ClassicQuantile {
  double value = 0;
  bool was_corrected = false;  ///< counts fell from bucket to bucket
  double least_bucket = 0;     ///< bounds of the first and last corrected bucket
  double most_bucket = 0;
  double most_difference = 0;
};

/// The value below which a share `q` of the values lies. The buckets ascend by bound; they are changed. NaN
/// without a bucket up to +Inf. Source: Prometheus 3.14, "histogram_quantile()".
[[nodiscard]] ClassicQuantile quantile_of_buckets(double q, std::vector<ClassicBucket>& buckets);
/// The share of values between two limits. Buckets as above.
[[nodiscard]] double fraction_of_buckets(double lower, double upper, std::vector<ClassicBucket>& buckets);

}  // namespace kymo::KYMO_ABI::query
