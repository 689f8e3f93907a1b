#include <kymo/core/histogram_buckets.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace kymo::KYMO_ABI {
namespace {

// Adds the counts of small buckets four at a time. No lane can overflow: all possible small buckets, each
// with its largest count, sum to less than 2^32.
using Lanes = std::uint32_t __attribute__((vector_size(16)));
constexpr std::size_t kLanes = 4;
static_assert((std::uint64_t{HistogramBuckets::kOtherIndex} + 1) * (HistogramBuckets::kMostCount + 1ULL) <=
              std::uint64_t{1} << 32U);

[[nodiscard]] Lanes lanes_at(const std::uint32_t* words) noexcept {
  Lanes lanes;
  std::memcpy(&lanes, words, sizeof(lanes));
  return lanes;
}

[[nodiscard]] std::uint32_t sum_of(Lanes lanes) noexcept {
  lanes += __builtin_shufflevector(lanes, lanes, 2, 3, 0, 1);
  lanes += __builtin_shufflevector(lanes, lanes, 1, 0, 3, 2);
  return lanes[0];
}

}  // namespace

HistogramBuckets::HistogramBuckets(const HistogramBuckets& other)
    : words_(other.words_), only_small_(other.only_small_) {
  if (!words_.empty()) move_to_own(words_.size());
}

HistogramBuckets HistogramBuckets::borrowing(std::span<const std::uint32_t> words, bool only_small) noexcept {
  HistogramBuckets buckets;
  buckets.words_ = words;
  buckets.only_small_ = only_small;
  return buckets;
}

void HistogramBuckets::move_to_own(std::size_t room) {
  auto own = std::make_unique_for_overwrite<std::uint32_t[]>(room);
  std::ranges::copy(words_, own.get());
  own_ = std::move(own);
  own_room_ = static_cast<std::uint32_t>(room);
  words_ = {own_.get(), words_.size()};
}

HistogramBucket HistogramBuckets::back() const noexcept {
  const bool is_small = words_.back() >> kCountBits != kOtherIndex;
  return *Iterator(words_.data() + words_.size() - (is_small ? 1 : kMostWords));
}

void HistogramBuckets::sums_through(std::span<const Through> places,
                                    std::span<std::uint64_t> sums) const noexcept {
  Iterator at = begin();
  std::size_t place = 0;
  std::uint64_t before = 0;
  if (only_small_) {
    const std::uint32_t* const end = words_.data() + words_.size();
    Lanes passed{};
    for (; end - at.at_ >= std::ptrdiff_t{kLanes}; at.at_ += kLanes) {
      const Lanes words = lanes_at(at.at_);
      const Lanes counts = words & kMostCount;
      // Words sort by their indices.
      for (; place < places.size() && places[place].beyond_ <= at.at_[kLanes - 1]; ++place) {
        const Lanes is_below = reinterpret_cast<Lanes>(words < places[place].beyond_);
        sums[place] = sum_of(passed + (counts & is_below));
      }
      passed += counts;
    }
    before = sum_of(passed);
  }
  for (; place < places.size(); ++place) sums[place] = before += sum_through(places[place], at);
}

// Begins at `at`, and moves it past the summed buckets.
std::uint64_t HistogramBuckets::sum_through(const Through& place, Iterator& at) const noexcept {
  const std::uint32_t* const end = words_.data() + words_.size();
  std::uint64_t sum = 0;
  for (;;) {
    // A word that begins a large bucket is above every small one.
    while (at.at_ != end && *at.at_ < place.beyond_) sum += *at.at_++ & kMostCount;
    if (at.at_ == end || (*at).index > place.last_) return sum;
    sum += (*at).count;
    ++at;
  }
}

void HistogramBuckets::push_back(HistogramBucket bucket) {
  std::array<std::uint32_t, kMostWords> words;
  const auto size = static_cast<std::size_t>(put(words.data(), bucket) - words.data());
  if (words_.size() + size > own_room_) move_to_own(std::max<std::size_t>(2 * words_.size(), 8) + kMostWords);
  std::copy_n(words.data(), size, own_.get() + words_.size());
  words_ = {own_.get(), words_.size() + size};
  if (size != 1) only_small_ = false;
}

}  // namespace kymo::KYMO_ABI
