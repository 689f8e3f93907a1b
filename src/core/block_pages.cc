#include "block_pages.h"

#include <algorithm>
#include <bit>

namespace kymo::KYMO_ABI::cells {

void BlockPages::clear() noexcept {
  blocks_ = 0;
  size_ = 0;
  wide_ones_ = 0;
}

void BlockPages::add(const HistogramBlock& block) {
  ++blocks_;
  if (size_ + kPages > pages_.size()) {
    pages_.resize(2 * (size_ + kPages));
    wide_.resize(pages_.size());
  }
  PageAt* page = pages_.data() + size_;
  const WidePage** beside = wide_.data() + size_;
  std::size_t wide_ones = 0;
  for_each_page(block, [&](const NarrowPage& narrow, const WidePage* wide, std::uint32_t first) {
    *page++ = {&narrow, first};
    *beside++ = wide;
    wide_ones += wide != nullptr ? 1U : 0U;
  });
  size_ = static_cast<std::size_t>(page - pages_.data());
  wide_ones_ += wide_ones;
}

HistogramBuckets BlockPages::read(BucketWords& words, std::uint64_t& count) {
  const bool is_plain = blocks_ <= 1 && wide_ones_ == 0;
  if (!is_plain) sum_up_blocks();
  const std::span<const PageAt> pages = is_plain ? std::span(pages_).first(size_) : std::span(summed_);
  const auto exact = static_cast<std::size_t>(
      is_plain ? 0 : std::ranges::count(pages, nullptr, [](const PageAt& at) { return at.page; }));
  constexpr std::size_t kMoreIfExact = HistogramBuckets::kMostWords - 1;
  std::uint32_t* const begin =
      words.room(kBucketsPerPage * (pages.size() + exact * kMoreIfExact) + kWordsBeyond);
  std::uint32_t* end = begin;
  if (exact == 0) {
    end = write_words_(pages, end, count);
  } else {
    for (std::size_t i = 0; i < pages.size(); ++i) {
      end = pages[i].page != nullptr ? write_words_(pages.subspan(i, 1), end, count)
                                     : write_exactly(i, end, count);
    }
  }
  words.keep_to(end);
  return HistogramBuckets::borrowing({begin, end}, exact == 0);
}

// Lists each page once, ascending, summed over all blocks.
void BlockPages::sum_up_blocks() {
  std::array<std::uint32_t, kPages> first_of_page;
  std::array<std::uint64_t, (kPages + 63) / 64> is_there{};
  next_.resize(pages_.size());
  for (std::uint32_t i = 0; i < size_; ++i) {
    const std::size_t page = pages_[i].first / kBucketsPerPage;
    std::uint64_t& bits = is_there[page / 64];
    const std::uint64_t bit = std::uint64_t{1} << (page % 64);
    next_[i] = (bits & bit) != 0 ? first_of_page[page] : kNone;
    first_of_page[page] = i;
    bits |= bit;
  }
  if (sums_ == nullptr) sums_ = std::make_unique<std::array<NarrowPage, kPages>>();
  summed_.clear();
  first_listed_.clear();
  for (std::size_t i = 0; i < is_there.size(); ++i) {
    for (std::uint64_t bits = is_there[i]; bits != 0; bits &= bits - 1) {
      const std::size_t page = 64 * i + static_cast<std::size_t>(std::countr_zero(bits));
      const std::uint32_t first = first_of_page[page];
      summed_.push_back(
          {sum_of(first, (*sums_)[summed_.size()]), pages_[static_cast<std::size_t>(first)].first});
      first_listed_.push_back(first);
    }
  }
}

// Null: a narrow page has, or may have, no room for a count.
const NarrowPage* BlockPages::sum_of(std::uint32_t first, NarrowPage& sum) const noexcept {
  const NarrowPage* so_far = nullptr;
  for (std::uint32_t i = first; i != kNone; i = next_[i]) {
    if (wide_[i] != nullptr) return nullptr;
    if (so_far == nullptr) {
      so_far = pages_[i].page;
    } else {
      add_pages(*so_far, *pages_[i].page, sum);
      so_far = &sum;
    }
  }
  return so_far == &sum && is_full_anywhere(sum) ? nullptr : so_far;
}

std::uint32_t* BlockPages::write_exactly(std::size_t place, std::uint32_t* end,
                                         std::uint64_t& count) const noexcept {
  const auto first_bucket = static_cast<std::int32_t>(summed_[place].first) + HistogramBuckets::kLeastIndex;
  for (std::uint32_t bucket = 0; bucket < kBucketsPerPage; ++bucket) {
    std::uint64_t in_bucket = 0;
    for (std::uint32_t i = first_listed_[place]; i != kNone; i = next_[i]) {
      in_bucket += pages_[i].page->bucket[bucket].load(std::memory_order_relaxed);
      if (wide_[i] != nullptr) in_bucket += wide_[i]->bucket[bucket].load(std::memory_order_relaxed);
    }
    if (in_bucket == 0) continue;
    end = HistogramBuckets::put(end, {first_bucket + static_cast<std::int32_t>(bucket), in_bucket});
    count += in_bucket;
  }
  return end;
}

}  // namespace kymo::KYMO_ABI::cells
