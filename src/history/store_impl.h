#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include <kymo/history/store.h>

#include "byte_chains.h"
#include "directory.h"
#include "head.h"
#include "log_feed.h"
#include "replay.h"
#include "sealed_block.h"
#include "segment.h"
#include "series_table.h"
#include "snapshot_feed.h"
#include "sparse_head.h"
#include "tier.h"
#include "tier_job.h"

namespace kymo::KYMO_ABI::history {

/// A lock that threads get in the order in which they ask, so that a query never starves the tick.
class FairMutex final {
 public:
  void lock() {
    const std::lock_guard next(waiting_);
    mutex_.lock();
  }
  void unlock() { mutex_.unlock(); }

 private:
  std::mutex waiting_;
  std::mutex mutex_;
};

/// All that a scan reads of one series, oldest first.
struct SeriesParts {
  std::vector<StoredBlock> stored;
  /// Blocks in memory and the head give no older samples.
  std::int64_t memory_from_ms = std::numeric_limits<std::int64_t>::min();
  std::vector<std::shared_ptr<const SealedBlock>> blocks;
  std::vector<std::int64_t> head_times;
  SeriesColumns head;

  void clear() noexcept {
    stored.clear();
    blocks.clear();
    head_times.clear();
    memory_from_ms = std::numeric_limits<std::int64_t>::min();
  }
};

class Store::Impl final {
 public:
  using BlockPtr = std::shared_ptr<const SealedBlock>;

  explicit Impl(const StoreOptions& options);
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl();

  bool append(std::int64_t time_ms, const Snapshot& snapshot) noexcept;
  series::SinkResult append(std::int64_t time_ms, std::span<const series::Sample> samples) noexcept;
  std::vector<series::SeriesRef> find(std::span<const series::Matcher> matchers, series::TimeRange range,
                                      const series::ReadLimit& limit, std::size_t most) const;
  [[nodiscard]] StoreFigures figures() const;
  [[nodiscard]] std::size_t memory_limit() const noexcept { return options_.memory_bytes; }

  [[nodiscard]] bool wants_directory() const noexcept { return !options_.directory.path.empty(); }

  /// The blocks with samples of the series, and the open window's samples.
  void open(const series::SeriesRef& series, series::TimeRange range, const series::ReadWish& wish,
            GroupScratch& scratch, SeriesParts& parts) const;

  /// Ends the thread of the directory, and unlocks it.
  void stop() noexcept;
  /// All that the thread of the directory does, once.
  void keep_directory() noexcept;

 private:
  using Lock = std::lock_guard<FairMutex>;

  bool append_tick(std::int64_t time_ms, const Snapshot& snapshot) noexcept;
  void log_tick(std::int64_t time_ms) noexcept;
  void seal_due();
  void seal_all();
  void seal(SeriesGroup& group, FairMutex* mutex);
  /// Seals the windows of series with times of their own that are long enough, or all.
  void seal_sparse(bool all) noexcept;
  [[nodiscard]] BlockPtr block_of(const SeriesGroup& group);
  void keep(BlockPtr block);
  void begin_window(SeriesGroup& group) noexcept;
  void evict_oldest();
  [[nodiscard]] bool is_over_budget() const;
  [[nodiscard]] bool is_head_large() const;
  void add_directory_figures(StoreFigures& figures) const;

  // Of a directory, in store_directory.cc.
  /// Blocks on their way to a segment, and their series.
  struct Batch {
    std::vector<BlockPtr> blocks;
    std::vector<EntryPtr> entries;
  };
  void open_directory() noexcept;
  void load();
  void load_segment(const NumberedFile& file, std::size_t tier);
  void load_tiers();
  void make_tiers();
  [[nodiscard]] std::unique_ptr<TierJob> next_tier_job();
  void publish(const TierJob& job);
  void replay_logs();
  void read_log(const NumberedFile& file, LogReplay& replay);
  void start_keeper();
  void take_lock_again();
  [[nodiscard]] Batch next_batch() const;
  bool flush_blocks();
  bool flush(const Batch& batch);
  void publish(const Batch& batch, std::size_t first_block);
  void forget_front_block() noexcept;
  void give_up_writer() noexcept;
  void close_long_segment();
  [[nodiscard]] std::int64_t oldest_unstored_ms() const;
  void delete_old_segments();
  void delete_old_tiers();
  void remove_front_segment() noexcept;
  void remove_front_tier(std::size_t tier) noexcept;

  [[nodiscard]] std::size_t head_bytes() const noexcept {
    return table_.bytes() + chains_.used_bytes() + head_.bytes() + sparse_.bytes();
  }
  [[nodiscard]] bool may_have(const SeriesEntry& entry, series::TimeRange range) const noexcept;
  [[nodiscard]] const BlockPtr& block(std::uint32_t number) const noexcept {
    return blocks_[number - first_block_];
  }

  const StoreOptions options_;
  std::mutex appending_;     // one append at a time; before mutex_
  mutable FairMutex mutex_;  // all below; the one that appends may read the head without it
  SeriesTable table_;
  ByteChains chains_;
  Head head_;
  SnapshotFeed feed_;
  SparseHead sparse_;
  std::deque<BlockPtr> blocks_;    ///< in the order of sealing
  std::uint32_t first_block_ = 0;  ///< the number of the first; numbers wrap
  std::size_t block_bytes_ = 0;
  StoreFigures counts_;
  BlockColumns columns_;  ///< memory for sealing
  GroupScratch scratch_;  ///< likewise
  BlockEncoder encoder_;  ///< likewise

  // Of the thread that appends.
  LogFeed log_feed_;
  Bytes log_bytes_;
  LogPtr last_log_;             ///< of the last tick
  bool is_unlogged_ = false;    ///< the last tick has no record
  bool must_seal_all_ = false;  ///< ticks in the open windows have no record

  /// Of a directory; null without.
  struct Disk {
    explicit Disk(const DirectoryOptions& options) : directory(options) {}
    Directory directory;
    std::atomic<bool> is_loaded{false};  ///< the directory is ours
    std::mutex keeping;                  ///< one keep_directory() at a time; before mutex_
    std::optional<SegmentWriter> writer;
    std::unique_ptr<TierJob> tier_job;  ///< the one at work; null: none
    /// The number of the last segment in each tier.
    std::array<std::uint64_t, kTiers> tier_numbers{};
    std::mutex waiting;
    std::condition_variable wake;
    bool must_stop = false;
    std::thread keeper;
  };
  std::unique_ptr<Disk> disk_;
  std::deque<SegmentPtr> segments_;                   ///< oldest first; under mutex_
  std::array<std::deque<SegmentPtr>, kTiers> tiers_;  ///< likewise
};

}  // namespace kymo::KYMO_ABI::history
