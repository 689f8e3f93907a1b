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

// The words of a page's buckets from `end` on; what they hold goes to `count`. Returns the new end.
std::uint32_t* gather(const NarrowPage& narrow, const WidePage& wide, std::uint32_t first, std::uint32_t* end,
                      std::uint64_t& count) {
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

}  // namespace

HistogramReader::HistogramReader(SumForm sum, HistogramValue::Bounds bounds)
    : sum_(sum), bounds_(std::move(bounds)), write_words_(quickest_page_words()) {
  if (bounds_ == nullptr) {
    words_ = std::make_unique_for_overwrite<std::uint32_t[]>(kBuckets * HistogramBuckets::kMostWords + 8);
  }
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
  std::uint32_t* end = words_.get();
  std::uint64_t count = 0;
  for_each_page(block, [&](const NarrowPage& narrow, const WidePage* wide, std::uint32_t first) {
    end =
        wide == nullptr ? write_words_(narrow, first, end, count) : gather(narrow, *wide, first, end, count);
  });
  value.set_buckets(HistogramBuckets({words_.get(), end}), count);
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
