#include "bucket_deltas.h"

#include <algorithm>
#include <array>
#include <limits>

#include <kymo/series/series_reader.h>

#include "value_pack.h"

// A record: samples without a change before it, number of changed buckets, and for each the distance to the
// bucket before and the difference of the count; all LEB128, the difference as zigzag.
namespace kymo::KYMO_ABI::history {
namespace {

constexpr std::size_t kMostVarintBytes = 10;
constexpr std::int64_t kUsualLeast = series::kZeroBucket;

}  // namespace

void BucketDeltas::set(std::int32_t index, std::uint64_t count, std::vector<std::uint8_t>& record) {
  std::array<std::uint8_t, 2 * kMostVarintBytes> bytes;
  std::uint64_t& is = last_[at_].count;
  if (is == count) return;
  std::uint8_t* end = put_varint(bytes.data(), zigzag(static_cast<std::uint64_t>(index - before_)));
  end = put_varint(end, zigzag(count - is));
  record.insert(record.end(), bytes.data(), end);
  is = count;
  before_ = index;
  ++changed_;
}

/// Buckets that the value no longer has, after a reset.
void BucketDeltas::set_below(std::int32_t index, std::vector<std::uint8_t>& record) {
  for (; at_ < last_.size() && last_[at_].index < index; ++at_) set(last_[at_].index, 0, record);
}

void BucketDeltas::append(const HistogramValue& value, ByteChains& chains,
                          std::vector<std::uint8_t>& scratch) {
  scratch.assign(2 * kMostVarintBytes, 0);  // room for what comes first and is known last
  at_ = 0;
  changed_ = 0;
  before_ = kUsualLeast;
  const auto add = [&](std::int32_t index, std::uint64_t count) {
    if (at_ < last_.size() && last_[at_].index == index && last_[at_].count == count) {
      ++at_;
      return;
    }
    set_below(index, scratch);
    if (at_ == last_.size() || last_[at_].index != index) {
      if (count == 0) return;
      last_.insert(last_.begin() + static_cast<std::ptrdiff_t>(at_), {index, 0});
    }
    set(index, count, scratch);
    ++at_;
  };
  if (value.has_bounds()) {
    std::int32_t index = 0;
    for (const std::uint64_t count : value.bound_counts()) add(index++, count);
  } else {
    add(series::kZeroBucket, value.zero_count());
    for (auto bucket = value.buckets().begin(); bucket != value.buckets().end(); ++bucket) {
      // Most buckets are as they were.
      const HistogramBucket* same = last_.data() + at_;
      const HistogramBucket* const end = last_.data() + last_.size();
      while (same != end && bucket != value.buckets().end() && *same == *bucket) ++same, ++bucket;
      at_ = static_cast<std::size_t>(same - last_.data());
      if (bucket == value.buckets().end()) break;
      add((*bucket).index, (*bucket).count);
    }
  }
  set_below(std::numeric_limits<std::int32_t>::max(), scratch);
  if (changed_ == 0) {
    ++unchanged_;
    return;
  }
  std::array<std::uint8_t, 2 * kMostVarintBytes> head;
  std::uint8_t* const end = put_varint(put_varint(head.data(), unchanged_), changed_);
  const auto size = static_cast<std::size_t>(end - head.data());
  const std::size_t begin = 2 * kMostVarintBytes - size;
  std::copy_n(head.data(), size, scratch.data() + begin);
  chains.append(records_, std::span(scratch).subspan(begin));
  unchanged_ = 0;
}

void BucketDeltas::clear(ByteChains& chains) noexcept {
  chains.clear(records_);
  last_.clear();
  unchanged_ = 0;
}

void BucketDeltas::read(const ByteChains& chains, std::size_t samples, std::vector<std::uint8_t>& scratch,
                        HistogramColumns& out) const {
  out.buckets.clear();
  for (const HistogramBucket bucket : last_) out.buckets.push_back(bucket.index);
  out.counts.resize(last_.size());
  for (std::vector<std::uint64_t>& counts : out.counts) {
    counts.clear();
    counts.reserve(samples);
  }
  chains.copy(records_, scratch);
  const std::uint8_t* at = scratch.data();
  const std::uint8_t* const end = at + records_.bytes;
  for (std::uint64_t sample = 0; at < end; ++sample) {
    std::uint64_t unchanged = 0;
    std::uint64_t changed = 0;
    at = get_varint(get_varint(at, unchanged), changed);
    sample += unchanged;
    std::int64_t index = kUsualLeast;
    for (auto bucket = out.buckets.begin(); changed > 0; --changed) {
      std::uint64_t step = 0;
      std::uint64_t difference = 0;
      at = get_varint(get_varint(at, step), difference);
      index += static_cast<std::int64_t>(from_zigzag(step));
      while (*bucket != index) ++bucket;
      std::vector<std::uint64_t>& counts = out.counts[static_cast<std::size_t>(bucket - out.buckets.begin())];
      const std::uint64_t before = counts.empty() ? 0 : counts.back();
      counts.resize(sample, before);
      counts.push_back(before + from_zigzag(difference));
    }
  }
  for (std::vector<std::uint64_t>& counts : out.counts) {
    counts.resize(samples, counts.empty() ? 0 : counts.back());
  }
}

}  // namespace kymo::KYMO_ABI::history
