#include <kymo/core/histogram_value.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include <kymo/core/histogram_cells.h>

namespace kymo::inline v0 {
namespace {

static_assert(cells::kMinExponent == HistogramValue::kMinExponent);
constexpr double kBucketsPerOctave = 1 << HistogramValue::kScale;
constexpr double kMost = std::numeric_limits<double>::max();

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

}  // namespace

HistogramValue::HistogramValue(Bounds bounds) : bounds_(std::move(bounds)) {}

std::span<const double> HistogramValue::bounds() const noexcept {
  return bounds_ == nullptr ? std::span<const double>() : std::span<const double>(*bounds_);
}

double HistogramValue::mean() const noexcept {
  if (count_ == 0) return 0;
  const double mean = sum_ / static_cast<double>(count_);
  // The sum of very large values is the largest number; and it may have been read a moment after the count.
  return min_ <= max_ ? std::clamp(mean, min_, max_) : mean;
}

double HistogramValue::upper_border(std::int32_t index) noexcept {
  return std::exp2((static_cast<double>(index) + 1) / kBucketsPerOctave);
}

double HistogramValue::quantile(double q) const noexcept {
  if (count_ == 0 || std::isnan(q)) return std::numeric_limits<double>::quiet_NaN();
  if (q <= 0) return min_;
  if (q >= 1) return max_;
  const double rank = q * static_cast<double>(count_);
  const double value = is_explicit() ? explicit_quantile(rank) : exponential_quantile(rank);
  return std::clamp(value, std::min(min_, max_), max_);
}

double HistogramValue::exponential_quantile(double rank) const noexcept {
  double below = static_cast<double>(zero_count_);
  if (rank <= below) return 0;
  for (const Bucket bucket : buckets_) {
    below += static_cast<double>(bucket.count);
    // The point whose largest relative error over the bucket is least.
    if (rank <= below) {
      const double upper = upper_border(bucket.index);
      const double lower = upper_border(bucket.index - 1);
      return 2 * lower * upper / (lower + upper);
    }
  }
  return max_;
}

double HistogramValue::explicit_quantile(double rank) const noexcept {
  double below = 0;
  for (const Bucket bucket : buckets_) {
    const auto count = static_cast<double>(bucket.count);
    if (rank <= below + count) {
      const auto position = static_cast<std::size_t>(bucket.index);
      const double lower = position == 0 ? min_ : std::max(min_, (*bounds_)[position - 1]);
      const double upper = position == bounds_->size() ? max_ : std::min(max_, (*bounds_)[position]);
      return lower + (upper - lower) * (rank - below) / count;
    }
    below += count;
  }
  return max_;
}

std::uint64_t HistogramValue::count_at_or_below(double bound) const noexcept {
  std::uint64_t count = is_explicit() || bound < 0 ? 0 : zero_count_;
  for (const Bucket bucket : buckets_) {
    double border = 0;
    if (is_explicit()) {
      const auto position = static_cast<std::size_t>(bucket.index);
      border = position < bounds_->size() ? (*bounds_)[position] : std::numeric_limits<double>::infinity();
    } else {
      border = upper_border(bucket.index);
    }
    if (border > bound) break;
    count += bucket.count;
  }
  return count;
}

bool HistogramValue::has_form_of(const HistogramValue& other) const noexcept {
  return is_explicit() == other.is_explicit() &&
         (!is_explicit() || bounds_ == other.bounds_ || *bounds_ == *other.bounds_);
}

bool HistogramValue::merge(const HistogramValue& other) {
  if (!has_form_of(other)) return false;
  buckets_ = merged(buckets_, other.buckets_);
  sum_ = std::clamp(sum_ + other.sum_, -kMost, kMost);
  // fmin and fmax pass over the NaN of an empty one.
  min_ = std::fmin(min_, other.min_);
  max_ = std::fmax(max_, other.max_);
  count_ += other.count_;
  zero_count_ += other.zero_count_;
  return true;
}

bool HistogramValue::subtract(const HistogramValue& earlier) {
  if (!has_form_of(earlier)) return false;
  zero_count_ -= std::min(zero_count_, earlier.zero_count_);
  count_ = zero_count_;
  auto gone = earlier.buckets_.begin();
  for (Bucket bucket : std::exchange(buckets_, {})) {
    while (gone != earlier.buckets_.end() && (*gone).index < bucket.index) ++gone;
    const bool is_smaller = gone != earlier.buckets_.end() && (*gone).index == bucket.index;
    if (is_smaller) bucket.count -= std::min(bucket.count, (*gone).count);
    add_bucket(bucket.index, bucket.count);
  }
  sum_ = count_ == 0 ? 0 : sum_ - earlier.sum_;
  settle_extremes();
  return true;
}

// The usual case: no border need be computed.
bool HistogramValue::extremes_lie_in_buckets() const noexcept {
  if (is_explicit() || buckets_.empty() || zero_count_ != 0) return false;
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
  if (count_ == 0) {
    min_ = max_ = std::numeric_limits<double>::quiet_NaN();
  } else if (!(min_ <= max_)) {
    // Nobody noted them, or a reset forgot them: the nearest that the buckets tell.
    min_ = lowest > -kMost ? lowest : std::min(0.0, highest);
    max_ = highest < kMost ? highest : std::max(0.0, lowest);
  } else {
    min_ = std::clamp(min_, lowest, highest);
    max_ = std::clamp(max_, lowest, highest);
  }
}

// Between which numbers all values lie, as far as the buckets tell.
std::pair<double, double> HistogramValue::borders() const noexcept {
  if (count_ == 0) return {0, 0};
  const double zero_threshold = std::exp2(kMinExponent);
  if (buckets_.empty()) return {0, zero_threshold};
  const std::int32_t first = buckets_.front().index;
  const std::int32_t last = buckets_.back().index;
  if (!is_explicit()) {
    // A border as computed is off by a rounding; an extreme that lies on it is not.
    constexpr double kRounding = 1e-12;
    const bool is_topmost = last == kMaxExponent * (1 << kScale) - 1;
    return {zero_count_ != 0 ? 0 : upper_border(first - 1) * (1 - kRounding),
            is_topmost ? kMost : upper_border(last) * (1 + kRounding)};
  }
  const std::vector<double>& bounds = *bounds_;
  const auto position = [](std::int32_t index) { return static_cast<std::size_t>(index); };
  return {first == 0 ? -kMost : bounds[position(first - 1)],
          position(last) == bounds.size() ? kMost : bounds[position(last)]};
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

}  // namespace kymo::inline v0
