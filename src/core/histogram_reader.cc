#include "histogram_reader.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

#include "histogram_store.h"

namespace kymo::KYMO_ABI::cells {
namespace {

static_assert(HistogramBuckets::kLeastIndex == kMinExponent * kBucketsPerOctave);
static_assert(HistogramBuckets::kOtherIndex >= kBuckets);

double as_double(std::uint64_t bits) noexcept { return std::bit_cast<double>(bits); }

/// The content of blocks besides their buckets.
class Totals {
 public:
  explicit Totals(SumForm form) noexcept : form_(form) {}

  void add(const HistogramBlock& block) noexcept {
    const std::uint64_t sum = block.sum.load(std::memory_order_relaxed);
    if (form_ == SumForm::nanoseconds) {
      // Each thread's sum saturates at 2^63; two of those would wrap.
      nanoseconds_ += std::min(sum, std::numeric_limits<std::uint64_t>::max() - nanoseconds_);
    } else {
      sum_ = std::clamp(sum_ + as_double(sum), -kLargest, kLargest);
    }
    const double min = as_double(block.min.load(std::memory_order_relaxed));
    const double max = as_double(block.max.load(std::memory_order_relaxed));
    if (!(min <= max)) return;
    min_ = std::min(min_, min);
    max_ = std::max(max_, max);
  }

  [[nodiscard]] std::uint64_t nanoseconds() const noexcept { return nanoseconds_; }

  void give(HistogramValue& value) const noexcept {
    const bool is_time = form_ == SumForm::nanoseconds;
    value.set_sum(is_time ? static_cast<double>(nanoseconds_) / 1e9 : sum_);
    if (value.count() != 0 && min_ <= max_) {
      value.set_extremes(is_time ? nearest_seconds(min_) : min_, is_time ? nearest_seconds(max_) : max_);
    }
    value.settle_extremes();
  }

 private:
  SumForm form_;
  std::uint64_t nanoseconds_ = 0;
  double sum_ = 0;
  double min_ = std::numeric_limits<double>::infinity();
  double max_ = -std::numeric_limits<double>::infinity();
};

}  // namespace

HistogramReader::HistogramReader(SumForm sum, HistogramValue::Bounds bounds,
                                 std::shared_ptr<BucketWords> words)
    : sum_(sum), bounds_(std::move(bounds)), words_(std::move(words)) {}

void HistogramReader::append(std::span<const CellId> ids, std::vector<HistogramValue>& values) {
  // Prefetches this many histograms ahead, so pages and the links to them are in the cache in time.
  constexpr std::size_t kBlocksAhead = 6;
  constexpr std::size_t kPagesAhead = 3;
  values.reserve(values.size() + ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (i + kBlocksAhead < ids.size()) {
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
    // Without a near page, this prefetches the block again.
    for (const auto& link : block->near) {
      __builtin_prefetch(follow<char>(*block, link.load(std::memory_order_relaxed)));
    }
  });
}

HistogramValue HistogramReader::read(CellId id) {
  HistogramValue value;
  if (bounds_ != nullptr) {
    // Before the exponential buckets: these then have every value that is counted here.
    std::vector<std::uint64_t> counts = counts_between_bounds(id);
    value.set_bounded(bounds_, std::move(counts), read_negative(id));
  }
  read_sketch(id, value);
  return value;
}

void HistogramReader::read_sketch(CellId id, HistogramValue& value) {
  blocks_.clear();
  pages_.clear();
  cells_.for_each(id, [&](const Cell& cell) {
    const auto* block = block_in<HistogramBlock>(cell);
    if (block == nullptr) return;
    blocks_.push_back(block);
    pages_.add(*block);
  });
  std::uint64_t count = 0;
  HistogramBuckets buckets = pages_.read(*words_, count);
  value.set_buckets(std::move(buckets), count);
  // After the buckets: the sum then has every counted value.
  Totals totals(sum_);
  for (const HistogramBlock* block : blocks_) {
    value.add_zeros(block->zeros.load(std::memory_order_relaxed));
    totals.add(*block);
  }
  totals.give(value);
  nanoseconds_ = totals.nanoseconds();
}

std::vector<std::uint64_t> HistogramReader::counts_between_bounds(CellId id) const {
  std::vector<std::uint64_t> counts(bounds_->size() + 1);
  cells_.for_each(id, [&](const Cell& cell) {
    const auto* block = block_in<BoundedBlock>(cell);
    if (block == nullptr) return;
    for (std::size_t i = 0; i < counts.size(); ++i) {
      counts[i] += block->bucket[i].load(std::memory_order_relaxed);
    }
  });
  return counts;
}

HistogramBuckets HistogramReader::read_negative(CellId id) {
  pages_.clear();
  bool any = false;
  cells_.for_each(id, [&](const Cell& cell) {
    const auto* block = block_in<BoundedBlock>(cell);
    const auto* negative = block == nullptr ? nullptr : block_in<HistogramBlock>(block->negative);
    if (negative == nullptr) return;
    pages_.add(*negative);
    any = true;
  });
  std::uint64_t count = 0;
  if (!any) return {};
  const HistogramBuckets borrowing = pages_.read(*words_, count);
  return HistogramBuckets(borrowing);  // a copy, unlike the bare name
}

}  // namespace kymo::KYMO_ABI::cells
