#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <span>
#include <utility>

#include <kymo/version.h>

namespace kymo::KYMO_ABI {

/// One bucket of a HistogramValue.
struct HistogramBucket {
  std::int32_t index = 0;  ///< exponential: as in HistogramValue; explicit: position in `bounds()`
  std::uint64_t count = 0;

  friend bool operator==(const HistogramBucket&, const HistogramBucket&) = default;
};

/// The non-empty buckets of a HistogramValue, ascending: a range of HistogramBucket.
///
/// A bucket with a small index and count takes 4 bytes, as nearly all do; others take 20. A Snapshot of ten
/// thousand histograms has a million buckets, and memory access is most of its cost. For the same reason many
/// histograms may share the memory of their buckets. A copy always has its own.
class KYMO_API HistogramBuckets final {
 public:
  /// A small bucket is one word, its index above its count. Any other takes five: index, low and high half of
  /// the count, between two words with kOtherIndex as the index. Either end identifies it.
  static constexpr unsigned kCountBits = 19;
  static constexpr std::uint32_t kMostCount = (1U << kCountBits) - 1;
  static constexpr std::int32_t kLeastIndex = -40 * 64;
  static constexpr std::uint32_t kOtherIndex = (1U << (32 - kCountBits)) - 1;
  static constexpr std::size_t kMostWords = 5;

  class Iterator final {
   public:
    using iterator_concept = std::forward_iterator_tag;
    using iterator_category = std::input_iterator_tag;
    using value_type = HistogramBucket;
    using difference_type = std::ptrdiff_t;
    using pointer = void;
    using reference = HistogramBucket;

    Iterator() = default;
    explicit Iterator(const std::uint32_t* at) noexcept : at_(at) {}

    [[nodiscard]] HistogramBucket operator*() const noexcept {
      const std::uint32_t index = *at_ >> kCountBits;
      if (index != kOtherIndex) [[likely]]
        return {static_cast<std::int32_t>(index) + kLeastIndex, *at_ & kMostCount};
      return {static_cast<std::int32_t>(at_[1]), at_[2] | std::uint64_t{at_[3]} << 32U};
    }
    Iterator& operator++() noexcept {
      at_ += *at_ >> kCountBits != kOtherIndex ? 1U : kMostWords;
      return *this;
    }
    Iterator operator++(int) noexcept {
      const Iterator before = *this;
      ++*this;
      return before;
    }
    friend bool operator==(const Iterator&, const Iterator&) = default;

   private:
    friend class HistogramBuckets;
    const std::uint32_t* at_ = nullptr;
  };

  HistogramBuckets() = default;
  HistogramBuckets(const HistogramBuckets& other);
  HistogramBuckets(HistogramBuckets&& other) noexcept { swap(other); }
  HistogramBuckets& operator=(HistogramBuckets other) noexcept {
    swap(other);
    return *this;
  }
  ~HistogramBuckets() = default;

  /// Borrows words that put() wrote into memory that outlives this object and any object it is moved to.
  /// `only_small`: every bucket among them is a single word.
  [[nodiscard]] static HistogramBuckets borrowing(std::span<const std::uint32_t> words,
                                                  bool only_small) noexcept;

  [[nodiscard]] Iterator begin() const noexcept { return Iterator(words_.data()); }
  [[nodiscard]] Iterator end() const noexcept { return Iterator(words_.data() + words_.size()); }
  [[nodiscard]] bool empty() const noexcept { return words_.empty(); }
  /// Cost: a walk over the buckets.
  [[nodiscard]] std::size_t size() const noexcept {
    return static_cast<std::size_t>(std::ranges::distance(begin(), end()));
  }
  /// The first bucket. Here and below there must be one.
  [[nodiscard]] HistogramBucket front() const noexcept { return *begin(); }
  [[nodiscard]] HistogramBucket back() const noexcept;

  /// A prepared position to sum buckets up to; made once for many histograms.
  class Through final {
   public:
    /// Up to the buckets whose index is `last` at most.
    explicit Through(std::int64_t last) noexcept
        : last_(last),
          beyond_(static_cast<std::uint32_t>(
                      std::clamp(last + 1 - kLeastIndex, std::int64_t{0}, std::int64_t{kOtherIndex}))
                  << kCountBits) {}

   private:
    friend class HistogramBuckets;
    std::int64_t last_;
    std::uint32_t beyond_;  ///< the least word of a small bucket beyond
  };

  /// Writes the sum of the buckets up to each place of `places`, which ascend, into as many `sums`.
  void sums_through(std::span<const Through> places, std::span<std::uint64_t> sums) const noexcept;

  /// Appends a bucket. Its index must be above all others.
  void push_back(HistogramBucket bucket);

  /// Writes a bucket's words, at most kMostWords, and returns where they end.
  [[nodiscard]] static std::uint32_t* put(std::uint32_t* at, HistogramBucket bucket) noexcept {
    const std::int64_t index = std::int64_t{bucket.index} - kLeastIndex;
    if (index >= 0 && index < kOtherIndex && bucket.count <= kMostCount) [[likely]] {
      *at++ = static_cast<std::uint32_t>(index) << kCountBits | static_cast<std::uint32_t>(bucket.count);
      return at;
    }
    at[0] = at[4] = kOtherIndex << kCountBits;
    at[1] = static_cast<std::uint32_t>(bucket.index);
    at[2] = static_cast<std::uint32_t>(bucket.count);
    at[3] = static_cast<std::uint32_t>(bucket.count >> 32U);
    return at + kMostWords;
  }

  friend bool operator==(const HistogramBuckets& a, const HistogramBuckets& b) noexcept {
    return std::ranges::equal(a.words_, b.words_);
  }

 private:
  void swap(HistogramBuckets& other) noexcept {
    std::swap(words_, other.words_);
    std::swap(own_, other.own_);
    std::swap(own_room_, other.own_room_);
    std::swap(only_small_, other.only_small_);
  }
  void move_to_own(std::size_t room);
  [[nodiscard]] std::uint64_t sum_through(const Through& place, Iterator& at) const noexcept;

  std::span<const std::uint32_t> words_;
  std::unique_ptr<std::uint32_t[]> own_;  ///< the words, unless they are borrowed
  std::uint32_t own_room_ = 0;
  bool only_small_ = true;
};

}  // namespace kymo::KYMO_ABI
