#include <kymo/core/histogram_value.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <utility>

#include <kymo/core/detail/histogram_cells.h>

#include "sum_growth.h"

namespace kymo::KYMO_ABI {
namespace {

static_assert(cells::kMinExponent == HistogramValue::kMinExponent);
constexpr double kBucketsPerOctave = 1 << HistogramValue::kScale;
constexpr double kLargestDouble = std::numeric_limits<double>::max();

HistogramBuckets merged(const HistogramBuckets& a, const HistogramBuckets& b) {
  HistogramBuckets out;
  auto of_a = a.begin();
  auto of_b = b.begin();
  while (of_a != a.end() || of_b != b.end()) {
    const bool take_a = of_b == b.end() || (of_a != a.end() && (*of_a).index <= (*of_b).index);
    const bool take_b = of_a == a.end() || (of_b != b.end() && (*of_b).index <= (*of_a).index);
    HistogramBucket bucket{(take_a ? *of_a : *of_b).index, 0};
    if (take_a) bucket.count += (*of_a++).count;
    if (take_b) bucket.count += (*of_b++).count;
    out.push_back(bucket);
  }
  return out;
}

// Subtracts an earlier reading's buckets from `buckets`.
HistogramBuckets left_of(const HistogramBuckets& buckets, const HistogramBuckets& earlier) {
  HistogramBuckets left;
  auto gone = earlier.begin();
  for (HistogramBucket bucket : buckets) {
    while (gone != earlier.end() && (*gone).index < bucket.index) ++gone;
    const bool is_smaller = gone != earlier.end() && (*gone).index == bucket.index;
    if (is_smaller) bucket.count -= std::min(bucket.count, (*gone).count);
    if (bucket.count != 0) left.push_back(bucket);
  }
  return left;
}

std::uint64_t count_of(const HistogramBuckets& buckets) noexcept {
  std::uint64_t count = 0;
  for (const HistogramBucket bucket : buckets) count += bucket.count;
  return count;
}

// The point in a bucket with the least maximal relative error.
double middle_of(std::int32_t index) noexcept {
  const double lower = HistogramValue::upper_border(index - 1);
  // Equals 2 * lower * upper / (lower + upper), which would overflow for large borders.
  return lower * (2 / (1 + std::exp2(-1 / kBucketsPerOctave)));
}

}  // namespace

HistogramValue::HistogramValue(Bounds bounds) {
  if (bounds == nullptr) return;
  std::vector<std::uint64_t> counts(bounds->size() + 1);
  set_bounded(std::move(bounds), std::move(counts), {});
}

void HistogramValue::set_bounded(Bounds bounds, std::vector<std::uint64_t> counts,
                                 HistogramBuckets negative) {
  const std::uint64_t count = std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
  const std::uint64_t negative_count = count_of(negative);
  bounded_ = std::make_shared<const Bounded>(
      Bounded{std::move(bounds), std::move(counts), count, std::move(negative), negative_count});
}

std::span<const double> HistogramValue::bounds() const noexcept {
  return bounded_ == nullptr ? std::span<const double>() : std::span<const double>(*bounded_->bounds);
}

std::span<const std::uint64_t> HistogramValue::bound_counts() const noexcept {
  return bounded_ == nullptr ? std::span<const std::uint64_t>()
                             : std::span<const std::uint64_t>(bounded_->counts);
}

const HistogramBuckets& HistogramValue::negative_buckets() const noexcept {
  static const HistogramBuckets kNone;
  return bounded_ == nullptr ? kNone : bounded_->negative;
}

double HistogramValue::mean() const noexcept {
  if (count() == 0) return 0;
  const double mean = sum_ / static_cast<double>(count());
  // A saturated sum, or one read a moment after the count, may put the mean outside of the extremes.
  return min_ <= max_ ? std::clamp(mean, min_, max_) : mean;
}

double HistogramValue::upper_border(std::int32_t index) noexcept {
  return std::exp2((static_cast<double>(index) + 1) / kBucketsPerOctave);
}

double HistogramValue::quantile(double q) const noexcept {
  if (count() == 0 || std::isnan(q)) return std::numeric_limits<double>::quiet_NaN();
  if (q <= 0) return min_;
  if (q >= 1) return max_;
  const double value = quantile_at(q * static_cast<double>(count_ + negative_count()));
  return std::clamp(value, std::min(min_, max_), max_);
}

double HistogramValue::quantile_at(double rank) const noexcept {
  // From the smallest magnitude on, that is from above.
  auto above = static_cast<double>(negative_count());
  if (rank <= above) {
    for (const Bucket bucket : negative_buckets()) {
      above -= static_cast<double>(bucket.count);
      if (rank > above) return -middle_of(bucket.index);
    }
  }
  double below = static_cast<double>(negative_count()) + static_cast<double>(zero_count_);
  if (rank <= below) return 0;
  for (const Bucket bucket : buckets_) {
    below += static_cast<double>(bucket.count);
    if (rank <= below) return middle_of(bucket.index);
  }
  return max_;
}

std::uint64_t HistogramValue::count_at_or_below(double bound) const noexcept {
  if (std::isinf(bound) && bound > 0) return count();
  const auto own = bounds();
  const auto found = std::ranges::lower_bound(own, bound);
  if (found != own.end() && *found == bound) {
    const auto through = bound_counts().first(static_cast<std::size_t>(found - own.begin()) + 1);
    return std::accumulate(through.begin(), through.end(), std::uint64_t{0});
  }
  std::uint64_t count = bound < 0 ? 0 : zero_count_;
  for (const Bucket bucket : negative_buckets()) {
    if (-upper_border(bucket.index - 1) <= bound) count += bucket.count;
  }
  for (const Bucket bucket : buckets_) {
    if (upper_border(bucket.index) > bound) break;
    count += bucket.count;
  }
  return count;
}

bool operator==(const HistogramValue& a, const HistogramValue& b) noexcept {
  const auto same = [](double x, double y) { return x == y || (std::isnan(x) && std::isnan(y)); };
  return a.has_bounds_of(b) && std::ranges::equal(a.bound_counts(), b.bound_counts()) &&
         a.negative_buckets() == b.negative_buckets() && a.buckets_ == b.buckets_ && a.count_ == b.count_ &&
         a.zero_count_ == b.zero_count_ && same(a.sum_, b.sum_) && same(a.min_, b.min_) &&
         same(a.max_, b.max_);
}

bool HistogramValue::has_bounds_of(const HistogramValue& other) const noexcept {
  return has_bounds() == other.has_bounds() && std::ranges::equal(bounds(), other.bounds());
}

bool HistogramValue::merge(const HistogramValue& other) {
  if (!has_bounds_of(other)) return false;
  buckets_ = merged(buckets_, other.buckets_);
  sum_ = std::clamp(sum_ + other.sum_, -kLargestDouble, kLargestDouble);
  // fmin and fmax pass over the NaN of an empty one.
  min_ = std::fmin(min_, other.min_);
  max_ = std::fmax(max_, other.max_);
  count_ += other.count_;
  zero_count_ += other.zero_count_;
  if (!has_bounds()) return true;
  std::vector<std::uint64_t> counts = bounded_->counts;
  std::ranges::transform(counts, other.bounded_->counts, counts.begin(), std::plus<>());
  set_bounded(bounded_->bounds, std::move(counts), merged(bounded_->negative, other.bounded_->negative));
  return true;
}

bool HistogramValue::subtract(const HistogramValue& earlier) {
  if (!has_bounds_of(earlier)) return false;
  zero_count_ -= std::min(zero_count_, earlier.zero_count_);
  buckets_ = left_of(buckets_, earlier.buckets_);
  count_ = zero_count_ + count_of(buckets_);
  if (has_bounds()) {
    std::vector<std::uint64_t> counts = bounded_->counts;
    std::ranges::transform(counts, earlier.bounded_->counts, counts.begin(),
                           [](std::uint64_t now, std::uint64_t gone) { return now - std::min(now, gone); });
    set_bounded(bounded_->bounds, std::move(counts), left_of(bounded_->negative, earlier.bounded_->negative));
  }
  sum_ = count() == 0 ? 0 : sum_growth(sum_, earlier.sum_);
  settle_extremes();
  return true;
}

// The common case: no border must be computed.
bool HistogramValue::extremes_lie_in_buckets() const noexcept {
  if (buckets_.empty() || zero_count_ != 0 || negative_count() != 0) return false;
  if (!(min_ > cells::kZeroThreshold && min_ <= max_)) return false;
  const auto index_of = [](double value) {
    return static_cast<std::int32_t>(cells::bucket_number(value)) +
           cells::kMinExponent * cells::kBucketsPerOctave;
  };
  return index_of(min_) == buckets_.front().index && index_of(max_) == buckets_.back().index;
}

void HistogramValue::settle_extremes() noexcept {
  if (extremes_lie_in_buckets()) return;
  const auto [lowest, highest] = borders();
  if (count() == 0) {
    min_ = max_ = std::numeric_limits<double>::quiet_NaN();
  } else if (!(min_ <= max_)) {
    // The extremes are missing or were reset: take the nearest bounds from the buckets.
    min_ = lowest > -kLargestDouble ? lowest : std::min(0.0, highest);
    max_ = highest < kLargestDouble ? highest : std::max(0.0, lowest);
  } else {
    min_ = std::clamp(min_, lowest, highest);
    max_ = std::clamp(max_, lowest, highest);
  }
}

// The range of all values, from the buckets.
std::pair<double, double> HistogramValue::borders() const noexcept {
  // A computed border has a rounding error; an extreme on it has none.
  constexpr double kRounding = 1e-12;
  constexpr std::int32_t kTopmost = kMaxExponent * (1 << kScale) - 1;
  const auto outer = [](std::int32_t index) {
    return index == kTopmost ? kLargestDouble : upper_border(index) * (1 + kRounding);
  };
  const auto inner = [](std::int32_t index) { return upper_border(index - 1) * (1 - kRounding); };
  const double zero = zero_count_ == 0 ? 0 : std::exp2(kMinExponent);
  const HistogramBuckets& negative = negative_buckets();
  const double lowest = !negative.empty()                      ? -outer(negative.back().index)
                        : zero_count_ != 0 || buckets_.empty() ? (has_bounds() ? -zero : 0)
                                                               : inner(buckets_.front().index);
  const double highest = !buckets_.empty()                      ? outer(buckets_.back().index)
                         : zero_count_ != 0 || negative.empty() ? zero
                                                                : -inner(negative.front().index);
  return {lowest, highest};
}

void HistogramValue::add_bucket(std::int32_t index, std::uint64_t count) {
  if (count == 0) return;
  buckets_.push_back({index, count});
  count_ += count;
}

void HistogramValue::add_zeros(std::uint64_t count) {
  zero_count_ += count;
  count_ += count;
}

}  // namespace kymo::KYMO_ABI
