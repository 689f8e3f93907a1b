#include "store_scan.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <exception>
#include <new>
#include <utility>

#include "chunk_buffer.h"

namespace kymo::KYMO_ABI::history {
namespace {

using series::SeriesRef;
using series::TimeRange;

/// Reads blocks of segments, and remembers the last ones: the next series is usually in the same ones.
class StoredBlocks final {
 public:
  using BlockPtr = std::shared_ptr<const SealedBlock>;

  /// Null where the file cannot be read. Throws `std::bad_alloc`.
  BlockPtr read(const StoredBlock& wanted) {
    for (const Known& known : known_) {
      if (known.segment == wanted.segment && known.number == wanted.number) return known.bytes;
    }
    BlockPtr bytes;
    try {
      if (file_of_ != wanted.segment) {
        file_ = wanted.segment->open();
        file_of_ = wanted.segment;
      }
      bytes = std::make_shared<const SealedBlock>(*wanted.list, wanted.segment->read(file_, wanted.place));
    } catch (const std::bad_alloc&) {
      throw;
    } catch (const std::exception&) {
      return nullptr;
    }
    known_[next_++ % known_.size()] = {wanted.segment, wanted.number, bytes};
    return bytes;
  }

 private:
  struct Known {
    std::shared_ptr<const Segment> segment;
    std::uint32_t number = 0;
    BlockPtr bytes;
  };
  static constexpr std::size_t kMost = 16;  // an hour of blocks, and some more

  std::array<Known, kMost> known_;
  std::size_t next_ = 0;
  std::shared_ptr<const Segment> file_of_;
  base::FileDescriptor file_;
};

class StoreScan final : public series::SeriesScan {
 public:
  StoreScan(std::shared_ptr<const Store::Impl> store, series::ReadLimit limit)
      : store_(std::move(store)), limit_(std::move(limit)) {}

  void open(const SeriesRef& series, TimeRange range) override { open_for(series, range, {}); }
  void open_for(const SeriesRef& series, TimeRange range, const series::ReadWish& wish) override {
    series_ = dynamic_cast<const SeriesEntry*>(series.get()) == nullptr ? nullptr : series;
    range_ = range;
    parts_.clear();
    next_ = 0;
    if (series_ != nullptr) store_->open(series_, range, wish, scratch_, parts_);
  }

  [[nodiscard]] const series::SeriesChunk* next() override {
    const std::size_t stored = parts_.stored.size();
    const std::size_t sealed = stored + parts_.blocks.size();
    while (next_ <= sealed) {
      if (limit_.is_reached()) return nullptr;
      const std::size_t now = next_++;
      const series::SeriesChunk* chunk = nullptr;
      if (now == sealed) {
        if (!parts_.head_times.empty()) chunk = chunk_.fill(parts_.head_times, parts_.head, in_memory());
      } else {
        chunk = now < stored ? read_stored(parts_.stored[now]) : read_sealed(parts_.blocks[now - stored]);
      }
      if (chunk != nullptr) return chunk;
    }
    return nullptr;
  }
  [[nodiscard]] std::uint64_t missing_chunks() const noexcept override { return missing_; }

 private:
  static TimeRange both(TimeRange a, TimeRange b) {
    return {std::max(a.from_ms, b.from_ms), std::min(a.to_ms, b.to_ms)};
  }
  [[nodiscard]] TimeRange in_memory() const {
    return {std::max(range_.from_ms, parts_.memory_from_ms), range_.to_ms};
  }
  const series::SeriesChunk* read_stored(const StoredBlock& stored) {
    const std::shared_ptr<const SealedBlock> block = stored_.read(stored);
    if (block != nullptr && reader_.read(block, stored.id, times_, columns_))
      return chunk_.fill(times_, columns_, both(range_, stored.part), stored.use);
    stored.segment->note_damage(stored.number);
    ++missing_;
    return nullptr;
  }
  const series::SeriesChunk* read_sealed(const std::shared_ptr<const SealedBlock>& block) {
    if (reader_.read(block, static_cast<const SeriesEntry&>(*series_).id, times_, columns_))
      return chunk_.fill(times_, columns_, in_memory());
    ++missing_;
    return nullptr;
  }

  const std::shared_ptr<const Store::Impl> store_;
  const series::ReadLimit limit_;
  SeriesRef series_;
  TimeRange range_;
  SeriesParts parts_;
  std::size_t next_ = 0;
  StoredBlocks stored_;
  SealedBlockReader reader_;
  std::vector<std::int64_t> times_;
  SeriesColumns columns_;
  GroupScratch scratch_;
  ChunkBuffer chunk_;
  std::uint64_t missing_ = 0;
};

}  // namespace

std::unique_ptr<series::SeriesScan> make_scan(std::shared_ptr<const Store::Impl> store,
                                              series::ReadLimit limit) {
  return std::make_unique<StoreScan>(std::move(store), std::move(limit));
}

}  // namespace kymo::KYMO_ABI::history
