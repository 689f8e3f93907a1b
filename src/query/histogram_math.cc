// Sums and differences of histograms, in plain and in compensated numbers.
#include "histogram_math.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <iterator>
#include <limits>
#include <utility>

namespace kymo::KYMO_ABI::query {
namespace {

using series::FloatBucket;
using series::ResetHint;

void plus(double& into, double value) noexcept { into += value; }
void plus(Compensated& into, double value) noexcept { into += value; }
void plus(Compensated& into, const Compensated& value) noexcept {
  into += value.sum;
  into += value.lost;
}

double total(double number) noexcept { return number; }
double total(const Compensated& number) noexcept { return number.value(); }

void scale(double& number, double factor) noexcept { number *= factor; }
void scale(Compensated& number, double factor) noexcept { number.multiply(factor); }
void part(double& number, double divisor) noexcept { number /= divisor; }
void part(Compensated& number, double divisor) noexcept { number.divide(divisor); }

/// Borders between two powers of two, at the finest schema.
std::array<double, 256> make_fractions() {
  std::array<double, 256> fractions;
  for (std::size_t i = 0; i < fractions.size(); ++i) {
    fractions.at(i) =
        static_cast<double>(std::exp2(static_cast<long double>(i) / static_cast<long double>(256)) / 2);
  }
  return fractions;
}

double exponential_bound(std::int32_t index, std::int32_t schema) {
  constexpr std::int64_t kBeyond = 1024;  // the border that no double holds
  static const std::array<double, 256> fractions = make_fractions();
  if (schema < 0) {
    const std::int64_t exponent = std::int64_t{index} * (std::int64_t{1} << -schema);
    if (exponent == kBeyond) return std::numeric_limits<double>::max();
    return std::ldexp(1.0, static_cast<int>(std::clamp<std::int64_t>(exponent, -4096, 4096)));
  }
  const auto within = static_cast<std::uint32_t>(index) & ((1U << schema) - 1U);
  const double fraction = fractions.at(static_cast<std::size_t>(within) << (8 - schema));
  const int exponent = (index >> schema) + 1;
  if (within == 0 && exponent == kBeyond + 1) return std::numeric_limits<double>::max();
  return std::ldexp(fraction, exponent);
}

template <class Buckets>
void merge_into(Buckets& into, const std::vector<FloatBucket>& other, double sign) {
  auto at = into.begin();
  bool has_all = true;
  for (const FloatBucket& bucket : other) {
    while (at != into.end() && at->index < bucket.index) ++at;
    has_all = has_all && at != into.end() && at->index == bucket.index;
    if (!has_all) break;
  }
  if (!has_all) {
    Buckets merged;
    merged.reserve(into.size() + other.size());
    auto left = into.begin();
    for (const FloatBucket& bucket : other) {
      while (left != into.end() && left->index < bucket.index) merged.push_back(*left++);
      if (left != into.end() && left->index == bucket.index) {
        merged.push_back(*left++);
      } else {
        merged.push_back({bucket.index, {}});
      }
    }
    merged.insert(merged.end(), left, into.end());
    into = std::move(merged);
  }
  at = into.begin();
  for (const FloatBucket& bucket : other) {
    while (at->index < bucket.index) ++at;
    plus(at->count, sign * bucket.count);
  }
}

/// Brings buckets from a finer schema to a coarser one.
template <class Buckets>
void reduce(Buckets& buckets, std::int32_t from, std::int32_t to) {
  if (from <= to) return;
  auto out = buckets.begin();
  for (auto at = buckets.begin(); at != buckets.end(); ++at) {
    const std::int32_t index = ((at->index - 1) >> (from - to)) + 1;
    if (out != buckets.begin() && std::prev(out)->index == index) {
      plus(std::prev(out)->count, at->count);
    } else {
      auto moved = *at;
      moved.index = index;
      *out++ = moved;
    }
  }
  buckets.erase(out, buckets.end());
}

/// Adds the buckets below a threshold to a count of zeros. A bucket that the threshold cuts widens it.
template <class Buckets, class Number>
bool sum_up_to(const Buckets& buckets, std::int32_t schema, double& threshold, Number& zeros) {
  for (const auto& bucket : buckets) {
    if (exponential_bound(bucket.index - 1, schema) >= threshold) return false;
    plus(zeros, bucket.count);
    const double upper = exponential_bound(bucket.index, schema);
    if (upper > threshold) {
      const bool has_values = total(bucket.count) != 0;
      if (has_values) threshold = upper;
      return has_values;
    }
  }
  return false;
}

/// The count of the zero bucket at a larger threshold, which grows up to the next border of a bucket.
template <class Histogram>
auto zeros_up_to(const Histogram& histogram, double& threshold) {
  while (true) {
    auto zeros = histogram.zero_count;
    if (threshold == histogram.zero_threshold) return zeros;
    // A wider bucket above zero widens the side below zero too, which follows; one below zero does not widen
    // the side above, which must begin again.
    sum_up_to(histogram.positive, histogram.schema, threshold, zeros);
    if (!sum_up_to(histogram.negative, histogram.schema, threshold, zeros)) return zeros;
  }
}

template <class Buckets>
void drop_up_to(Buckets& buckets, std::int32_t schema, double threshold) {
  std::erase_if(buckets,
                [&](const auto& bucket) { return exponential_bound(bucket.index - 1, schema) < threshold; });
}

/// Gives both histograms one zero bucket. Returns the count of the other's; its buckets within stay.
template <class Histogram>
double join_zero_buckets(Histogram& into, const FloatHistogram& other) {
  double zeros = other.zero_count;
  double threshold = other.zero_threshold;
  while (threshold != into.zero_threshold) {
    if (into.zero_threshold > threshold) {
      threshold = into.zero_threshold;
      zeros = zeros_up_to(other, threshold);
    }
    if (threshold > into.zero_threshold) {
      double wider = threshold;
      into.zero_count = zeros_up_to(into, wider);
      into.zero_threshold = wider;
      drop_up_to(into.positive, into.schema, wider);
      drop_up_to(into.negative, into.schema, wider);
    }
  }
  return zeros;
}

template <class Histogram>
bool join_hints(Histogram& into, const FloatHistogram& other) noexcept {
  if (into.hint == other.hint || into.hint == ResetHint::gauge) return false;
  if (other.hint == ResetHint::gauge) {
    into.hint = ResetHint::gauge;
    return false;
  }
  const bool has_conflict = into.hint != ResetHint::unknown && other.hint != ResetHint::unknown;
  into.hint = ResetHint::unknown;
  return has_conflict;
}

using Bounds = std::shared_ptr<const std::vector<double>>;

std::span<const double> span_of(const Bounds& bounds) noexcept {
  return bounds == nullptr ? std::span<const double>() : std::span<const double>(*bounds);
}

bool are_equal(const Bounds& a, const Bounds& b) noexcept {
  return a == b || std::ranges::equal(span_of(a), span_of(b));
}

Bounds common_bounds(const Bounds& a, const Bounds& b) {
  std::vector<double> common;
  std::ranges::set_intersection(span_of(a), span_of(b), std::back_inserter(common));
  if (common.empty()) return nullptr;
  return std::make_shared<const std::vector<double>>(std::move(common));
}

/// Moves buckets to bounds that are a part of theirs.
template <class Buckets>
void move_to_bounds(Buckets& buckets, const Bounds& from, const Bounds& to) {
  const auto old_bounds = span_of(from);
  const auto new_bounds = span_of(to);
  Buckets moved;
  for (const auto& bucket : buckets) {
    const auto place = static_cast<std::size_t>(std::max(bucket.index, 0));
    const auto found = place < old_bounds.size() ? std::ranges::lower_bound(new_bounds, old_bounds[place])
                                                 : new_bounds.end();
    const auto index = static_cast<std::int32_t>(found - new_bounds.begin());
    if (moved.empty() || moved.back().index != index) moved.push_back({index, {}});
    plus(moved.back().count, bucket.count);
  }
  buckets = std::move(moved);
}

template <class Histogram>
HistogramOutcome accumulate(Histogram& into, const FloatHistogram& other, double sign) {
  HistogramOutcome outcome;
  outcome.is_compatible = into.has_custom_bounds() == other.has_custom_bounds();
  if (!outcome.is_compatible) return outcome;
  outcome.has_conflict = join_hints(into, other);
  double zeros = 0;
  if (!into.has_custom_bounds()) zeros = join_zero_buckets(into, other);
  plus(into.zero_count, sign * zeros);
  plus(into.count, sign * other.count);
  plus(into.sum, sign * other.sum);
  if (into.has_custom_bounds() && are_equal(into.bounds, other.bounds)) {
    merge_into(into.positive, other.positive, sign);
  } else if (into.has_custom_bounds()) {
    outcome.changed_bounds = true;
    const Bounds common = common_bounds(into.bounds, other.bounds);
    auto moved = other.positive;
    move_to_bounds(moved, other.bounds, common);
    move_to_bounds(into.positive, into.bounds, common);
    merge_into(into.positive, moved, sign);
    into.bounds = common;
  } else if (into.schema == other.schema && into.zero_threshold == other.zero_threshold) {
    merge_into(into.positive, other.positive, sign);
    merge_into(into.negative, other.negative, sign);
  } else {
    const std::int32_t schema = std::min(into.schema, other.schema);
    reduce(into.positive, into.schema, schema);
    reduce(into.negative, into.schema, schema);
    into.schema = schema;
    for (const bool is_positive : {true, false}) {
      auto buckets = is_positive ? other.positive : other.negative;
      if (into.zero_threshold > other.zero_threshold) {
        drop_up_to(buckets, other.schema, into.zero_threshold);
      }
      reduce(buckets, other.schema, schema);
      merge_into(is_positive ? into.positive : into.negative, buckets, sign);
    }
  }
  return outcome;
}

template <class Histogram, class Change>
void change_all(Histogram& histogram, Change change) {
  change(histogram.zero_count);
  change(histogram.count);
  change(histogram.sum);
  for (auto& bucket : histogram.positive) change(bucket.count);
  for (auto& bucket : histogram.negative) change(bucket.count);
}

template <class Histogram>
void multiply_all(Histogram& histogram, double factor) {
  change_all(histogram, [&](auto& number) { scale(number, factor); });
  if (factor < 0) histogram.hint = ResetHint::gauge;
}

template <class Histogram>
void divide_all(Histogram& histogram, double divisor) {
  if (divisor == 0) {
    histogram.positive.clear();
    histogram.negative.clear();
  }
  change_all(histogram, [&](auto& number) { part(number, divisor); });
  if (divisor < 0) histogram.hint = ResetHint::gauge;
}

std::vector<HistogramSum::Bucket> with_compensation(const std::vector<FloatBucket>& buckets) {
  std::vector<HistogramSum::Bucket> made;
  made.reserve(buckets.size());
  for (const FloatBucket& bucket : buckets) made.push_back({bucket.index, {bucket.count, 0}});
  return made;
}

std::vector<FloatBucket> without_compensation(const std::vector<HistogramSum::Bucket>& buckets) {
  std::vector<FloatBucket> made;
  made.reserve(buckets.size());
  for (const HistogramSum::Bucket& bucket : buckets) {
    if (bucket.count.value() != 0) made.push_back({bucket.index, bucket.count.value()});
  }
  return made;
}

/// Whether any number of a histogram is above a limit, whatever its sign.
template <class Histogram>
bool has_above(const Histogram& histogram, double limit) noexcept {
  const auto is_above = [&](const auto& number) { return std::abs(total(number)) > limit; };
  const auto has_bucket = [&](const auto& buckets) {
    return std::ranges::any_of(buckets, [&](const auto& bucket) { return is_above(bucket.count); });
  };
  return is_above(histogram.zero_count) || is_above(histogram.count) || is_above(histogram.sum) ||
         has_bucket(histogram.positive) || has_bucket(histogram.negative);
}

/// Whether a bucket of the one before holds more than the same bucket now.
bool has_fallen(const std::vector<FloatBucket>& current, const std::vector<FloatBucket>& previous) {
  auto at = current.begin();
  return std::ranges::any_of(previous, [&](const FloatBucket& before) {
    while (at != current.end() && at->index < before.index) ++at;
    const bool is_there = at != current.end() && at->index == before.index;
    return is_there ? at->count < before.count : before.count != 0;
  });
}

bool has_fallen_since(const std::vector<FloatBucket>& current, std::vector<FloatBucket> previous,
                      const FloatHistogram& now, const FloatHistogram& before) {
  drop_up_to(previous, before.schema, now.zero_threshold);
  reduce(previous, before.schema, now.schema);
  return has_fallen(current, previous);
}

bool is_reset_of_custom(const FloatHistogram& current, const FloatHistogram& previous) {
  if (are_equal(current.bounds, previous.bounds)) return has_fallen(current.positive, previous.positive);
  const Bounds common = common_bounds(current.bounds, previous.bounds);
  auto now = current.positive;
  auto before = previous.positive;
  move_to_bounds(now, current.bounds, common);
  move_to_bounds(before, previous.bounds, common);
  return has_fallen(now, before);
}

bool have_equal_bits(double a, double b) noexcept {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

bool have_equal_buckets(const std::vector<FloatBucket>& a, const std::vector<FloatBucket>& b) noexcept {
  return std::ranges::equal(a, b, [](const FloatBucket& left, const FloatBucket& right) {
    return left.index == right.index && have_equal_bits(left.count, right.count);
  });
}

}  // namespace

HistogramOutcome add(FloatHistogram& into, const FloatHistogram& other) { return accumulate(into, other, 1); }

HistogramOutcome subtract(FloatHistogram& from, const FloatHistogram& other) {
  return accumulate(from, other, -1);
}

void multiply(FloatHistogram& histogram, double factor) { multiply_all(histogram, factor); }
void divide(FloatHistogram& histogram, double divisor) { divide_all(histogram, divisor); }

void compact(FloatHistogram& histogram) {
  const auto is_empty = [](const FloatBucket& bucket) { return bucket.count == 0; };
  std::erase_if(histogram.positive, is_empty);
  std::erase_if(histogram.negative, is_empty);
}

FloatHistogram in_schema(const FloatHistogram& histogram, std::int32_t schema) {
  FloatHistogram reduced = histogram;
  if (histogram.has_custom_bounds() || schema >= histogram.schema) return reduced;
  reduced.hint = ResetHint::unknown;
  reduced.schema = schema;
  reduce(reduced.positive, histogram.schema, schema);
  reduce(reduced.negative, histogram.schema, schema);
  return reduced;
}

HistogramSum::HistogramSum(const FloatHistogram& first)
    : parts_{first.hint,
             first.schema,
             first.zero_threshold,
             {first.zero_count, 0},
             {first.count, 0},
             {first.sum, 0},
             with_compensation(first.positive),
             with_compensation(first.negative),
             first.bounds} {}

HistogramOutcome HistogramSum::add(const FloatHistogram& other) { return accumulate(parts_, other, 1); }
void HistogramSum::multiply(double factor) { multiply_all(parts_, factor); }
void HistogramSum::divide(double divisor) { divide_all(parts_, divisor); }

bool HistogramSum::is_near_overflow() const noexcept {
  return has_above(parts_, std::numeric_limits<double>::max() / 4);
}
bool HistogramSum::has_overflow() const noexcept {
  return has_above(parts_, std::numeric_limits<double>::max());
}

FloatHistogram HistogramSum::value() const {
  return {parts_.hint,
          parts_.schema,
          parts_.zero_threshold,
          parts_.zero_count.value(),
          parts_.count.value(),
          parts_.sum.value(),
          without_compensation(parts_.positive),
          without_compensation(parts_.negative),
          parts_.bounds};
}

HistogramOutcome HistogramMean::add(const FloatHistogram& other) {
  count_ += 1;
  if (!is_running_mean_) {
    const bool is_safe =
        !sum_.is_near_overflow() && !has_above(other, std::numeric_limits<double>::max() / 4);
    if (is_safe) return sum_.add(other);
    HistogramSum next = sum_;
    const HistogramOutcome outcome = next.add(other);
    if (!outcome.is_compatible || !next.has_overflow()) {
      sum_ = std::move(next);
      return outcome;
    }
    is_running_mean_ = true;
    sum_.divide(count_ - 1);
  }
  FloatHistogram share = other;
  divide(share, count_);
  sum_.multiply((count_ - 1) / count_);
  return sum_.add(share);
}

FloatHistogram HistogramMean::value() const {
  if (is_running_mean_) return sum_.value();
  HistogramSum mean = sum_;
  mean.divide(count_);
  return mean.value();
}

bool is_reset(const FloatHistogram& current, const FloatHistogram& previous) {
  if (current.hint == ResetHint::reset) return true;
  if (current.hint == ResetHint::not_reset) return false;
  if (current.count < previous.count) return true;
  if (current.has_custom_bounds()) {
    return !previous.has_custom_bounds() || is_reset_of_custom(current, previous);
  }
  if (previous.has_custom_bounds() || current.schema > previous.schema) return true;
  if (current.zero_threshold < previous.zero_threshold) return true;
  double threshold = current.zero_threshold;
  const double zeros = zeros_up_to(previous, threshold);
  if (threshold != current.zero_threshold || current.zero_count < zeros) return true;
  if (current.schema == previous.schema && current.zero_threshold == previous.zero_threshold) {
    return has_fallen(current.positive, previous.positive) || has_fallen(current.negative, previous.negative);
  }
  return has_fallen_since(current.positive, previous.positive, current, previous) ||
         has_fallen_since(current.negative, previous.negative, current, previous);
}

bool have_same_bounds(const FloatHistogram& a, const FloatHistogram& b) noexcept {
  return are_equal(a.bounds, b.bounds);
}

bool is_same(const FloatHistogram& a, const FloatHistogram& b) noexcept {
  return a.schema == b.schema && have_equal_bits(a.count, b.count) && have_equal_bits(a.sum, b.sum) &&
         are_equal(a.bounds, b.bounds) && a.zero_threshold == b.zero_threshold &&
         have_equal_bits(a.zero_count, b.zero_count) && have_equal_buckets(a.positive, b.positive) &&
         have_equal_buckets(a.negative, b.negative);
}

double upper_bound(const FloatHistogram& histogram, std::int32_t index) {
  if (!histogram.has_custom_bounds()) return exponential_bound(index, histogram.schema);
  if (index < 0) return -std::numeric_limits<double>::infinity();
  const auto bounds = span_of(histogram.bounds);
  const auto place = static_cast<std::size_t>(index);
  return place < bounds.size() ? bounds[place] : std::numeric_limits<double>::infinity();
}

}  // namespace kymo::KYMO_ABI::query
