#include "histogram_reader.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "histogram_pages.h"

namespace kymo::inline v0::cells {
namespace {

static_assert(HistogramBuckets::kLeastIndex == kMinExponent * kBucketsPerOctave);
static_assert(HistogramBuckets::kOtherIndex >= kBuckets);

// Most histograms are recorded into by one thread: its values are the whole.
void add_to(HistogramValue& total, HistogramValue part) {
  if (total.count() == 0) {
    total = std::move(part);
  } else {
    total.merge(part);
  }
}

template <class Block>
void set_sum_and_extremes(const Block& block, SumForm form, HistogramValue& value) {
  const std::uint64_t sum = block.sum.load(std::memory_order_relaxed);
  value.set_sum(form == SumForm::nanoseconds ? static_cast<double>(sum) * 1e-9
                                             : std::clamp(std::bit_cast<double>(sum), -kLargest, kLargest));
  const double min = std::bit_cast<double>(block.min.load(std::memory_order_relaxed));
  const double max = std::bit_cast<double>(block.max.load(std::memory_order_relaxed));
  if (value.count() != 0 && min <= max) value.set_extremes(min, max);
}

/// Gathers the buckets of pages in memory that is used again.
class Gathering final {
 public:
  explicit Gathering(std::vector<std::uint32_t>& words) noexcept : words_(words) {}

  // Which buckets are empty is hard to guess, so nothing here depends on it but where the next one goes.
  void add(const NarrowPage& page, std::uint32_t first) {
    std::uint32_t* const words = room_for_page();
    std::size_t used = 0;
#pragma GCC unroll 8
    for (std::uint32_t i = 0; i < kBucketsPerPage; ++i) {
      const std::uint32_t count = page.bucket[i].load(std::memory_order_relaxed);
      words[used] = ((first + i) << HistogramBuckets::kCountBits) + count;
      used += count != 0 ? 1 : 0;
    }
    used_ += used;
    for (std::size_t i = 0; i < used; ++i) count_ += words[i] & HistogramBuckets::kMostCount;
  }

  void add(const NarrowPage& narrow, const WidePage& wide, std::uint32_t first) {
    std::uint32_t* const words = room_for_page();
    std::uint32_t* end = words;
    for (std::uint32_t i = 0; i < kBucketsPerPage; ++i) {
      const std::uint64_t count =
          narrow.bucket[i].load(std::memory_order_relaxed) + wide.bucket[i].load(std::memory_order_relaxed);
      if (count == 0) continue;
      const auto index = static_cast<std::int32_t>(first + i) + HistogramBuckets::kLeastIndex;
      end = HistogramBuckets::put(end, {index, count});
      count_ += count;
    }
    used_ += static_cast<std::size_t>(end - words);
  }

  [[nodiscard]] HistogramBuckets buckets() const { return HistogramBuckets({words_.data(), used_}); }
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }

 private:
  // Asked for page by page: recording threads may add some while they are read. An empty bucket is written
  // too, before it is not counted; that takes no more than a large one.
  [[nodiscard]] std::uint32_t* room_for_page() {
    constexpr std::size_t kMost = kBucketsPerPage * HistogramBuckets::kMostWords;
    if (words_.size() - used_ < kMost) words_.resize(2 * words_.size() + kMost);
    return words_.data() + used_;
  }

  std::vector<std::uint32_t>& words_;
  std::size_t used_ = 0;
  std::uint64_t count_ = 0;
};

}  // namespace

HistogramReader::HistogramReader(SumForm sum, HistogramValue::Bounds bounds)
    : sum_(sum), bounds_(std::move(bounds)) {}

HistogramValue HistogramReader::read(CellId id) {
  HistogramValue total = bounds_ == nullptr ? HistogramValue() : HistogramValue(bounds_);
  cells_.for_each(id, [&](const Cell& cell) {
    if (bounds_ == nullptr) {
      if (const auto* block = block_in<HistogramBlock>(cell)) add_to(total, read_block(*block));
    } else if (const auto* block = block_in<ExplicitBlock>(cell)) {
      add_to(total, read_block(*block));
    }
  });
  total.settle_extremes();
  return total;
}

HistogramValue HistogramReader::read_block(const HistogramBlock& block) {
  Gathering gathering(words_);
  for_each_page(block, [&](const NarrowPage& narrow, const WidePage* wide, std::uint32_t first_bucket) {
    if (wide == nullptr) {
      gathering.add(narrow, first_bucket);
    } else {
      gathering.add(narrow, *wide, first_bucket);
    }
  });
  HistogramValue value;
  value.set_buckets(gathering.buckets(), gathering.count());
  value.add_zeros(block.zeros.load(std::memory_order_relaxed));
  set_sum_and_extremes(block, sum_, value);
  return value;
}

HistogramValue HistogramReader::read_block(const ExplicitBlock& block) const {
  HistogramValue value(bounds_);
  for (std::size_t i = 0; i <= bounds_->size(); ++i) {
    value.add_bucket(static_cast<std::int32_t>(i), block.bucket[i].load(std::memory_order_relaxed));
  }
  set_sum_and_extremes(block, sum_, value);
  return value;
}

}  // namespace kymo::inline v0::cells
