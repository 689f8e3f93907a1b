#include "histogram_reader.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "histogram_pages.h"

namespace kymo::inline v0::cells {
namespace {

static_assert(HistogramBuckets::kLeastIndex == kMinExponent * kBucketsPerOctave);
static_assert(HistogramBuckets::kOtherIndex >= kBuckets);

template <class Block>
void set_sum_and_extremes(const Block& block, SumForm form, HistogramValue& value) {
  const std::uint64_t sum = block.sum.load(std::memory_order_relaxed);
  value.set_sum(form == SumForm::nanoseconds ? static_cast<double>(sum) * 1e-9
                                             : std::clamp(std::bit_cast<double>(sum), -kLargest, kLargest));
  const double min = std::bit_cast<double>(block.min.load(std::memory_order_relaxed));
  const double max = std::bit_cast<double>(block.max.load(std::memory_order_relaxed));
  if (value.count() != 0 && min <= max) value.set_extremes(min, max);
}

// The words of a page that has a wide one, from `end` on; what they hold goes to `count`. Returns the new
// end.
std::uint32_t* write_wide(const NarrowPage& narrow, const WidePage& wide, std::uint32_t first,
                          std::uint32_t* end, std::uint64_t& count) {
  for (std::uint32_t i = 0; i < kBucketsPerPage; ++i) {
    const std::uint64_t in_bucket =
        narrow.bucket[i].load(std::memory_order_relaxed) + wide.bucket[i].load(std::memory_order_relaxed);
    if (in_bucket == 0) continue;
    const auto index = static_cast<std::int32_t>(first + i) + HistogramBuckets::kLeastIndex;
    end = HistogramBuckets::put(end, {index, in_bucket});
    count += in_bucket;
  }
  return end;
}

/// A block's pages, ascending. A wide page stands beside its narrow one.
struct Pages {
  PageAt narrow[kPages];
  const WidePage* wide[kPages];
  std::size_t size = 0;
  std::size_t wide_ones = 0;
};

void list_pages(const HistogramBlock& block, Pages& pages) {
  for_each_page(block, [&](const NarrowPage& narrow, const WidePage* wide, std::uint32_t first) {
    pages.narrow[pages.size] = {&narrow, first};
    pages.wide[pages.size++] = wide;
    if (wide != nullptr) ++pages.wide_ones;
  });
}

}  // namespace

HistogramReader::HistogramReader(SumForm sum, HistogramValue::Bounds bounds)
    : sum_(sum), bounds_(std::move(bounds)), write_words_(quickest_page_words()) {}

void HistogramReader::append(std::span<const CellId> ids, std::vector<HistogramValue>& values) {
  // Asked for this many histograms ahead, pages are in the cache when their turn comes, and so are the links
  // that lead to them.
  constexpr std::size_t kBlocksAhead = 6;
  constexpr std::size_t kPagesAhead = 3;
  values.reserve(values.size() + ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (bounds_ == nullptr && i + kBlocksAhead < ids.size()) {
      ask_for_blocks(ids[i + kBlocksAhead]);
      ask_for_pages(ids[i + kPagesAhead]);
    }
    values.push_back(read(ids[i]));
  }
}

void HistogramReader::ask_for_blocks(CellId id) const noexcept {
  cells_.for_each(id, [](const Cell& cell) {
    const auto* block = block_in<char>(cell);
    if (block == nullptr) return;
    for (std::size_t at = 0; at < sizeof(HistogramBlock); at += kLinkUnit) __builtin_prefetch(block + at);
  });
}

void HistogramReader::ask_for_pages(CellId id) const noexcept {
  cells_.for_each(id, [](const Cell& cell) {
    const auto* block = block_in<HistogramBlock>(cell);
    if (block == nullptr) return;
    // Where there is none, this asks for the block once more.
    for (const auto& link : block->near) {
      __builtin_prefetch(follow<char>(*block, link.load(std::memory_order_relaxed)));
    }
  });
}

HistogramValue HistogramReader::read(CellId id) {
  HistogramValue total = empty();
  cells_.for_each(id, [&](const Cell& cell) {
    if (bounds_ != nullptr) {
      if (const auto* block = block_in<ExplicitBlock>(cell)) add(*block, total);
    } else if (const auto* block = block_in<HistogramBlock>(cell)) {
      add(*block, total);
    }
  });
  total.settle_extremes();
  return total;
}

HistogramValue read_histogram(CellId id, SumForm sum, const HistogramValue::Bounds& bounds) {
  HistogramReader reader(sum, bounds);
  const HistogramValue borrowing = reader.read(id);
  return HistogramValue(borrowing);  // a copy, unlike the bare name
}

HistogramValue HistogramReader::empty() const {
  return bounds_ == nullptr ? HistogramValue() : HistogramValue(bounds_);
}

// Most histograms are recorded into by one thread: its values are the whole.
template <class Block>
void HistogramReader::add(const Block& block, HistogramValue& total) {
  if (total.count() == 0) {
    read_block(block, total);
  } else {
    HistogramValue part = empty();
    read_block(block, part);
    total.merge(part);
  }
}

void HistogramReader::read_block(const HistogramBlock& block, HistogramValue& value) {
  Pages pages;
  list_pages(block, pages);
  const std::size_t most =
      kBucketsPerPage * (pages.size + pages.wide_ones * (HistogramBuckets::kMostWords - 1)) + kWordsBeyond;
  std::uint32_t* const begin = words_->room(most);
  std::uint32_t* end = begin;
  std::uint64_t count = 0;
  const std::span<const PageAt> narrow(pages.narrow, pages.size);
  if (pages.wide_ones == 0) {
    end = write_words_(narrow, end, count);
  } else {
    for (std::size_t i = 0; i < pages.size; ++i) {
      end = pages.wide[i] == nullptr
                ? write_words_(narrow.subspan(i, 1), end, count)
                : write_wide(*narrow[i].page, *pages.wide[i], narrow[i].first, end, count);
    }
  }
  words_->keep_to(end);
  value.set_buckets(HistogramBuckets::borrowing({begin, end}, pages.wide_ones == 0), count);
  value.add_zeros(block.zeros.load(std::memory_order_relaxed));
  set_sum_and_extremes(block, sum_, value);
}

void HistogramReader::read_block(const ExplicitBlock& block, HistogramValue& value) const {
  for (std::size_t i = 0; i <= bounds_->size(); ++i) {
    value.add_bucket(static_cast<std::int32_t>(i), block.bucket[i].load(std::memory_order_relaxed));
  }
  set_sum_and_extremes(block, sum_, value);
}

}  // namespace kymo::inline v0::cells
