#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::series {

/// Whether a histogram counts on from the one before it.
enum class ResetHint : std::uint8_t {
  unknown,    ///< the counts must tell
  reset,      ///< counting began anew
  not_reset,  ///< counting went on
  gauge,      ///< the histogram is a level; a reset has no meaning
};

struct FloatBucket {
  std::int32_t index = 0;
  double count = 0;

  friend bool operator==(const FloatBucket&, const FloatBucket&) = default;
};

/// A native histogram with floating counts, as a PromQL engine computes with them.
///
/// Bucket `i` of schema `s` holds values in (2^((i − 1) / 2^s), 2^(i / 2^s)], for −4 ≤ s ≤ 8. A negative one
/// holds the same values with the other sign. With custom bounds, bucket `i` holds those above bound `i − 1`
/// up to bound `i`, and the bucket behind the last bound the rest. A plain value. Source: Prometheus,
/// "Native histograms specification".
struct FloatHistogram {
  static constexpr std::int32_t kLeastSchema = -4;
  static constexpr std::int32_t kMostSchema = 8;
  static constexpr std::int32_t kCustomSchema = -53;

  ResetHint hint = ResetHint::unknown;
  std::int32_t schema = 0;
  double zero_threshold = 0;  ///< values between its negative and itself count in `zero_count`
  double zero_count = 0;
  double count = 0;
  double sum = 0;
  std::vector<FloatBucket> positive;  ///< ascending by index, none with a count of 0
  std::vector<FloatBucket> negative;  ///< the same, by distance from zero
  /// Of schema kCustomSchema: the upper bounds, ascending, without +Inf. Null: none.
  std::shared_ptr<const std::vector<double>> bounds;

  [[nodiscard]] bool has_custom_bounds() const noexcept { return schema == kCustomSchema; }
};

/// Shared, because a query that passes a histogram on need not copy it.
using FloatHistogramRef = std::shared_ptr<const FloatHistogram>;

}  // namespace kymo::KYMO_ABI::series
