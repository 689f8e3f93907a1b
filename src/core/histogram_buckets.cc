#include <kymo/core/histogram_buckets.h>

#include <algorithm>
#include <array>

namespace kymo::inline v0 {

HistogramBucket HistogramBuckets::back() const noexcept {
  const bool is_small = words_.back() >> kCountBits != kOtherIndex;
  return *Iterator(words_.data() + words_.size() - (is_small ? 1 : kMostWords));
}

std::uint64_t HistogramBuckets::sum_through(std::int64_t last, Iterator& at) const noexcept {
  const std::uint32_t* const end = words_.data() + words_.size();
  // Small buckets order as their words do, and a word that begins another kind is above them all.
  const auto beyond = static_cast<std::uint32_t>(
      std::clamp(last + 1 - kLeastIndex, std::int64_t{0}, std::int64_t{kOtherIndex}));
  const std::uint32_t limit = beyond << kCountBits;
  std::uint64_t sum = 0;
  for (;;) {
    while (at.at_ != end && *at.at_ < limit) sum += *at.at_++ & kMostCount;
    if (at.at_ == end || (*at).index > last) return sum;
    sum += (*at).count;
    ++at;
  }
}

void HistogramBuckets::push_back(HistogramBucket bucket) {
  std::array<std::uint32_t, kMostWords> words;
  words_.insert(words_.end(), words.data(), put(words.data(), bucket));
}

}  // namespace kymo::inline v0
