#include <kymo/history/store.h>

#include <algorithm>
#include <array>
#include <deque>
#include <mutex>
#include <utility>

#include "byte_chains.h"
#include "chunk_buffer.h"
#include "head.h"
#include "sealed_block.h"
#include "series_table.h"
#include "snapshot_feed.h"

namespace kymo::KYMO_ABI::history {
namespace {

using series::ReadLimit;
using series::SeriesRef;
using series::TimeRange;

/// Series that find() looks at before it lets others have the lock.
constexpr std::size_t kFindAtOnce = 256;

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

bool overlap(TimeRange range, std::int64_t first_ms, std::int64_t last_ms) noexcept {
  return range.from_ms <= last_ms && first_ms <= range.to_ms;
}

}  // namespace

class Store::Impl final {
 public:
  using BlockPtr = std::shared_ptr<const SealedBlock>;

  explicit Impl(const StoreOptions& options)
      : options_(options),
        head_(table_, chains_,
              {.window_ticks = std::max(options.window_ticks, 1U),
               .most_series = options.most_series,
               .row_bytes = options.memory_bytes / 8},
              [this](SeriesGroup& group) { seal(group, nullptr); }),
        feed_(head_) {}

  bool append(std::int64_t time_ms, const Snapshot& snapshot) noexcept;
  std::vector<SeriesRef> find(std::span<const series::Matcher> matchers, TimeRange range,
                              const ReadLimit& limit, std::size_t most) const;
  [[nodiscard]] StoreFigures figures() const;
  [[nodiscard]] std::size_t memory_limit() const noexcept { return options_.memory_bytes; }

  /// The sealed blocks with samples of the series, oldest first; and the open window's samples.
  void open(const SeriesRef& series, TimeRange range, std::vector<BlockPtr>& blocks, GroupScratch& scratch,
            std::vector<std::int64_t>& head_times, SeriesColumns& head) const;

 private:
  using Lock = std::lock_guard<FairMutex>;

  bool append_tick(std::int64_t time_ms, const Snapshot& snapshot) noexcept;
  void seal_due();
  void seal(SeriesGroup& group, FairMutex* mutex);
  [[nodiscard]] BlockPtr block_of(const SeriesGroup& group);
  void keep(BlockPtr block);
  void begin_window(SeriesGroup& group) noexcept;
  void evict_oldest();
  [[nodiscard]] std::size_t head_bytes() const noexcept {
    return table_.bytes() + chains_.used_bytes() + head_.bytes();
  }
  [[nodiscard]] bool may_have(const SeriesEntry& entry, TimeRange range) const noexcept;
  [[nodiscard]] const BlockPtr& block(std::uint32_t number) const noexcept {
    return blocks_[number - first_block_];
  }

  const StoreOptions options_;
  std::mutex appending_;  // one append at a time; before mutex_. The one that appends may read without mutex_
  mutable FairMutex mutex_;  // all below, for changes by append and for reads by others
  SeriesTable table_;
  ByteChains chains_;
  Head head_;
  SnapshotFeed feed_;
  std::deque<BlockPtr> blocks_;    ///< in the order of sealing
  std::uint32_t first_block_ = 0;  ///< the number of the first; numbers wrap
  std::size_t block_bytes_ = 0;
  StoreFigures counts_;
  BlockColumns columns_;  ///< memory for sealing
  GroupScratch scratch_;  ///< likewise
  BlockEncoder encoder_;  ///< likewise
};

bool Store::Impl::append(std::int64_t time_ms, const Snapshot& snapshot) noexcept {
  const std::lock_guard one_at_a_time(appending_);
  const auto begun = std::chrono::steady_clock::now();
  const bool is_appended = append_tick(time_ms, snapshot);
  if (is_appended) seal_due();
  const Lock lock(mutex_);
  counts_.append_time += std::chrono::steady_clock::now() - begun;
  return is_appended;
}

bool Store::Impl::append_tick(std::int64_t time_ms, const Snapshot& snapshot) noexcept {
  const Lock lock(mutex_);
  std::size_t series = 0;
  for (const FamilySnapshot& family : snapshot.families) series += family.size();
  if (head_.is_late(time_ms)) {
    ++counts_.late_ticks;
    counts_.late_samples += series;
    return false;
  }
  try {
    feed_.prepare(snapshot);
  } catch (...) {
    counts_.refused_samples += series;
    return false;
  }
  head_.begin_tick(time_ms);
  const SnapshotFeed::Written written = feed_.write(snapshot);
  const std::uint64_t lost = head_.end_tick();
  ++counts_.ticks;
  counts_.appended_samples += written.samples;
  counts_.refused_samples += written.refused + lost;
  return true;
}

/// Also makes room. Closes one window early at most: the others wait for the next tick.
void Store::Impl::seal_due() {
  constexpr int kMostEarly = 1;
  for (int early = 0;;) {
    while (!blocks_.empty() && head_bytes() + block_bytes_ > options_.memory_bytes) evict_oldest();
    const bool is_tight = early < kMostEarly && head_bytes() > options_.memory_bytes / 2;
    SeriesGroup* const group = head_.due(is_tight);
    if (group == nullptr) return;
    if (group->length() < group->target()) ++early;
    seal(*group, &mutex_);
    group->set_target(std::max(options_.window_ticks, 1U));
  }
}

/// Without `mutex` the caller holds the lock.
void Store::Impl::seal(SeriesGroup& group, FairMutex* mutex) {
  BlockPtr block;
  try {
    block = block_of(group);
  } catch (...) {
  }
  if (mutex != nullptr) mutex->lock();
  const std::uint64_t samples = group.samples();
  try {
    if (block != nullptr) {
      keep(std::move(block));
    } else {
      counts_.refused_samples += samples;
    }
  } catch (...) {
    counts_.refused_samples += samples;
  }
  begin_window(group);
  if (mutex != nullptr) mutex->unlock();
}

/// Null where the window has nothing.
Store::Impl::BlockPtr Store::Impl::block_of(const SeriesGroup& group) {
  group.read_times(columns_.times_ms);
  std::size_t count = 0;
  for (std::uint32_t slot = 0; slot < SeriesGroup::kMostNumbers; ++slot) {
    if (!group.has(slot)) continue;
    if (count == columns_.series.size()) columns_.series.emplace_back();
    SeriesColumns& series = columns_.series[count];
    group.read(slot, scratch_, series);
    if (!series.values.bits.empty() || !series.stale.empty()) ++count;
  }
  columns_.series.resize(count);
  return count == 0 ? nullptr : std::make_shared<const SealedBlock>(columns_, encoder_);
}

void Store::Impl::keep(BlockPtr block) {
  const auto number = static_cast<std::uint32_t>(first_block_ + blocks_.size());
  for (const std::uint32_t id : block->series()) {
    std::vector<std::uint32_t>& numbers = table_.at(id)->blocks;
    if (numbers.size() == numbers.capacity()) numbers.reserve(2 * numbers.size() + 1);
  }
  blocks_.push_back(std::move(block));
  block_bytes_ += blocks_.back()->memory();
  for (const std::uint32_t id : blocks_.back()->series()) table_.at(id)->blocks.push_back(number);
}

/// Series without a source and without a block leave the table.
void Store::Impl::begin_window(SeriesGroup& group) noexcept {
  std::array<EntryPtr, SeriesGroup::kMostNumbers> ended;
  for (std::uint32_t slot = 0; slot < SeriesGroup::kMostNumbers; ++slot) {
    if (group.has(slot) && !group.entry(slot)->is_live) ended[slot] = group.entry(slot);
  }
  group.begin_window();
  for (EntryPtr& entry : ended) {
    if (entry == nullptr || entry->group != nullptr || !entry->blocks.empty()) continue;
    const std::uint32_t id = entry->id;
    entry.reset();
    table_.erase(*table_.at(id));
  }
}

void Store::Impl::evict_oldest() {
  const BlockPtr oldest = blocks_.front();  // freed without the lock
  const Lock lock(mutex_);
  blocks_.pop_front();
  block_bytes_ -= oldest->memory();
  ++counts_.evicted_blocks;
  counts_.evicted_samples += oldest->samples();
  for (const std::uint32_t id : oldest->series()) {
    SeriesEntry& entry = *table_.at(id);
    entry.blocks.erase(entry.blocks.begin());
    if (entry.blocks.empty() && entry.group == nullptr) table_.erase(entry);
  }
  ++first_block_;
}

bool Store::Impl::may_have(const SeriesEntry& entry, TimeRange range) const noexcept {
  const bool has_window = entry.group != nullptr && entry.group->length() != 0;
  if (!has_window && entry.blocks.empty()) return false;
  const std::int64_t first =
      entry.blocks.empty() ? entry.group->first_ms() : block(entry.blocks.front())->first_ms();
  return overlap(range, first, has_window ? head_.last_ms() : block(entry.blocks.back())->last_ms());
}

std::vector<SeriesRef> Store::Impl::find(std::span<const series::Matcher> matchers, TimeRange range,
                                         const ReadLimit& limit, std::size_t most) const {
  std::vector<SeriesRef> found;
  std::vector<std::uint32_t> ids;
  bool is_narrowed = false;
  {
    const Lock lock(mutex_);
    const std::vector<std::uint32_t>* fewest = nullptr;
    for (const series::Matcher& matcher : matchers) {
      if (matcher.kind() != series::Matcher::Kind::equal || matcher.value().empty()) continue;
      const std::vector<std::uint32_t>* const some = table_.with_label(matcher.key(), matcher.value());
      if (some == nullptr) return found;
      if (fewest == nullptr || some->size() < fewest->size()) fewest = some;
    }
    is_narrowed = fewest != nullptr;
    if (is_narrowed) ids = *fewest;
  }
  std::ranges::sort(ids);
  const auto repeated = std::ranges::unique(ids);
  ids.erase(repeated.begin(), repeated.end());
  for (std::size_t begin = 0; found.size() < most && !limit.is_reached(); begin += kFindAtOnce) {
    const Lock lock(mutex_);
    const std::size_t size = is_narrowed ? ids.size() : table_.id_end();
    if (begin >= size) break;
    const std::size_t end = std::min(size, begin + kFindAtOnce);
    for (std::size_t i = begin; i < end && found.size() < most; ++i) {
      const EntryPtr& entry = table_.at(is_narrowed ? ids[i] : static_cast<std::uint32_t>(i));
      if (entry != nullptr && may_have(*entry, range) && series::fits(entry->labels, matchers)) {
        found.push_back(entry);
      }
    }
  }
  return found;
}

void Store::Impl::open(const SeriesRef& series, TimeRange range, std::vector<BlockPtr>& blocks,
                       GroupScratch& scratch, std::vector<std::int64_t>& head_times,
                       SeriesColumns& head) const {
  const Lock lock(mutex_);
  const auto* const entry = dynamic_cast<const SeriesEntry*>(series.get());
  if (entry == nullptr || entry->id >= table_.id_end() || table_.at(entry->id).get() != entry) return;
  for (const std::uint32_t number : entry->blocks) {
    const BlockPtr& one = block(number);
    if (overlap(range, one->first_ms(), one->last_ms())) blocks.push_back(one);
  }
  const SeriesGroup* const group = entry->group;
  if (group == nullptr || group->length() == 0 || !overlap(range, group->first_ms(), head_.last_ms())) return;
  group->read(entry->slot, scratch, head);
  group->read_times(head_times);
}

StoreFigures Store::Impl::figures() const {
  const Lock lock(mutex_);
  StoreFigures figures = counts_;
  figures.series = table_.size();
  figures.blocks = blocks_.size();
  figures.bytes = head_bytes() + block_bytes_;
  for (const BlockPtr& one : blocks_) {
    figures.samples += one->samples();
    figures.oldest_ms = std::min(figures.oldest_ms, one->first_ms());
  }
  for (const auto& group : head_.groups()) {
    figures.samples += group->samples();
    if (group->length() != 0) figures.oldest_ms = std::min(figures.oldest_ms, group->first_ms());
  }
  figures.newest_ms = head_.last_ms();
  return figures;
}

namespace {

/// Samples may be damaged only on a disk; in memory a block that cannot be read was overwritten.
template <class Impl>
class Scan final : public series::SeriesScan {
 public:
  Scan(std::shared_ptr<const Impl> store, ReadLimit limit)
      : store_(std::move(store)), limit_(std::move(limit)) {}

  void open(const SeriesRef& series, TimeRange range) override {
    series_ = dynamic_cast<const SeriesEntry*>(series.get()) == nullptr ? nullptr : series;
    range_ = range;
    blocks_.clear();
    next_ = 0;
    head_times_.clear();
    if (series_ != nullptr) store_->open(series_, range, blocks_, scratch_, head_times_, head_);
  }

  [[nodiscard]] const series::SeriesChunk* next() override {
    while (next_ <= blocks_.size()) {
      if (limit_.is_reached()) return nullptr;
      const series::SeriesChunk* chunk = nullptr;
      if (next_ == blocks_.size()) {
        if (!head_times_.empty()) chunk = chunk_.fill(head_times_, head_, range_);
      } else if (reader_.read(blocks_[next_], static_cast<const SeriesEntry&>(*series_).id, times_,
                              columns_)) {
        chunk = chunk_.fill(times_, columns_, range_);
      } else {
        ++missing_;
      }
      ++next_;
      if (chunk != nullptr) return chunk;
    }
    return nullptr;
  }
  [[nodiscard]] std::uint64_t missing_chunks() const noexcept override { return missing_; }

 private:
  const std::shared_ptr<const Impl> store_;
  const ReadLimit limit_;
  SeriesRef series_;
  TimeRange range_;
  std::vector<std::shared_ptr<const SealedBlock>> blocks_;
  std::size_t next_ = 0;
  SealedBlockReader reader_;
  std::vector<std::int64_t> times_;
  SeriesColumns columns_;
  std::vector<std::int64_t> head_times_;
  SeriesColumns head_;
  GroupScratch scratch_;
  ChunkBuffer chunk_;
  std::uint64_t missing_ = 0;
};

}  // namespace

Store::Store(const StoreOptions& options) : impl_(std::make_shared<Impl>(options)) {}

Store::~Store() = default;

bool Store::append(std::chrono::system_clock::time_point time, const Snapshot& snapshot) noexcept {
  return impl_->append(milliseconds_of(time), snapshot);
}

std::vector<SeriesRef> Store::find(std::span<const series::Matcher> matchers, TimeRange range,
                                   const ReadLimit& limit, std::size_t most) const {
  return impl_->find(matchers, range, limit, most);
}

std::unique_ptr<series::SeriesScan> Store::scan(ReadLimit limit) const {
  return std::make_unique<Scan<Impl>>(impl_, std::move(limit));
}

StoreFigures Store::figures() const { return impl_->figures(); }

void Store::write(SnapshotWriter& writer) const {
  const StoreFigures now = figures();
  const auto gauge = [&](const char* name, const char* help, double value, const char* unit = "") {
    writer.gauge({name, help, unit}).add(value);
  };
  const auto counter = [&](const char* name, const char* help, double value, const char* unit = "") {
    writer.counter({name, help, unit}).add(value);
  };
  gauge("kymo_history_series", "Series with samples in the history.", static_cast<double>(now.series));
  gauge("kymo_history_samples", "Samples in the history.", static_cast<double>(now.samples));
  gauge("kymo_history_blocks", "Sealed blocks in memory.", static_cast<double>(now.blocks));
  gauge("kymo_history_memory_bytes", "Memory of the history.", static_cast<double>(now.bytes), "bytes");
  gauge("kymo_history_memory_limit_bytes", "Memory that the history may take.",
        static_cast<double>(impl_->memory_limit()), "bytes");
  if (now.oldest_ms <= now.newest_ms) {
    gauge("kymo_history_oldest_sample_timestamp_seconds", "Time of the oldest sample in the history.",
          static_cast<double>(now.oldest_ms) / 1e3, "seconds");
  }
  counter("kymo_history_appended_samples_total", "Samples that the history has taken.",
          static_cast<double>(now.appended_samples));
  counter("kymo_history_append_seconds_total", "Time that the history took to append ticks.",
          std::chrono::duration<double>(now.append_time).count(), "seconds");
  counter("kymo_history_late_ticks_total", "Ticks refused because their time was not after the last one's.",
          static_cast<double>(now.late_ticks));
  auto refused = writer.counter({"kymo_history_refused_samples_total", "Samples that the history refused."});
  refused.add({{"reason", "late"}}, static_cast<double>(now.late_samples));
  refused.add({{"reason", "limit"}}, static_cast<double>(now.refused_samples));
  counter("kymo_history_evicted_blocks_total", "Blocks that left the memory for newer ones.",
          static_cast<double>(now.evicted_blocks));
  counter("kymo_history_evicted_samples_total", "Samples of these blocks.",
          static_cast<double>(now.evicted_samples));
}

}  // namespace kymo::KYMO_ABI::history
