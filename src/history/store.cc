#include <kymo/history/store.h>

#include <algorithm>
#include <array>
#include <utility>

#include "store_impl.h"
#include "store_scan.h"
#include "tier_choice.h"

namespace kymo::KYMO_ABI::history {
namespace {

using series::ReadLimit;
using series::SeriesRef;
using series::TimeRange;

/// Series that find() looks at before it lets others have the lock.
constexpr std::size_t kFindAtOnce = 256;

bool overlap(TimeRange range, std::int64_t first_ms, std::int64_t last_ms) noexcept {
  return range.from_ms <= last_ms && first_ms <= range.to_ms;
}

}  // namespace

Store::Impl::Impl(const StoreOptions& options)
    : options_(options),
      head_(table_, chains_,
            {.window_ticks = std::max(options.window_ticks, 1U),
             .most_series = options.most_series,
             .row_bytes = options.memory_bytes / 8},
            [this](SeriesGroup& group) { seal(group, nullptr); }),
      feed_(head_),
      sparse_(table_, options.most_series) {
  if (!options.directory.path.empty()) open_directory();
}

Store::Impl::~Impl() { stop(); }

bool Store::Impl::append(std::int64_t time_ms, const Snapshot& snapshot) noexcept {
  const std::lock_guard one_at_a_time(appending_);
  const auto begun = std::chrono::steady_clock::now();
  const bool is_appended = append_tick(time_ms, snapshot);
  if (is_appended) {
    log_tick(time_ms);
    seal_due();
  }
  const Lock lock(mutex_);
  counts_.append_time += std::chrono::steady_clock::now() - begun;
  return is_appended;
}

series::SinkResult Store::Impl::append(std::int64_t time_ms,
                                       std::span<const series::Sample> samples) noexcept {
  const std::lock_guard one_at_a_time(appending_);
  series::SinkResult result;
  {
    const Lock lock(mutex_);
    result = sparse_.append(time_ms, samples);
    counts_.appended_samples += result.taken;
    counts_.late_samples += result.late;
    counts_.refused_samples += result.refused;
  }
  seal_sparse(false);
  return result;
}

void Store::Impl::seal_sparse(bool all) noexcept {
  for (;;) {
    const Lock lock(mutex_);
    const std::unique_ptr<SparseHead::Group> group = sparse_.take_due(all);
    if (group == nullptr) return;
    try {
      SparseHead::read(*group, columns_);
      keep(std::make_shared<const SealedBlock>(columns_, encoder_));
    } catch (...) {
      counts_.refused_samples += group->samples;
    }
    for (const auto& series : group->series) {
      const std::uint32_t id = std::exchange(series->entry, nullptr)->id;
      if (table_.at(id)->is_unused()) table_.erase(*table_.at(id));
    }
  }
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

/// Outside of the lock, for nobody else changes the head.
void Store::Impl::log_tick(std::int64_t time_ms) noexcept {
  if (disk_ == nullptr || !disk_->directory.is_of_this_process()) return;
  const LogPtr log = disk_->directory.log_of_tick();
  bool is_logged = false;
  if (log != nullptr) {
    try {
      if (is_unlogged_) log_feed_.restart();
      if (log != last_log_) log_feed_.begin_anew();
      log_bytes_.clear();
      log_feed_.append(time_ms, head_.groups(), log_bytes_);
      is_logged = disk_->directory.write(log, time_ms, log_bytes_);
    } catch (...) {  // without memory the next tick has a record again
    }
  }
  last_log_ = log;
  if (is_logged && (disk_->directory.take_given_up() || is_unlogged_)) must_seal_all_ = true;
  is_unlogged_ = !is_logged;
  if (is_logged) return;
  const Lock lock(mutex_);
  ++counts_.unlogged_ticks;
}

/// Blocks that wait for a directory get as much memory again: they leave soon.
bool Store::Impl::is_over_budget() const {
  const Lock lock(mutex_);
  if (blocks_.empty()) return false;
  if (disk_ != nullptr && disk_->is_loaded && !disk_->directory.is_failing())
    return block_bytes_ > options_.memory_bytes;
  return head_bytes() + block_bytes_ > options_.memory_bytes;
}

bool Store::Impl::is_head_large() const {
  const Lock lock(mutex_);
  return head_bytes() > options_.memory_bytes / 2;
}

void Store::Impl::seal_all() {
  must_seal_all_ = false;
  for (std::size_t i = 0; i < head_.groups().size(); ++i) {
    SeriesGroup& group = *head_.groups()[i];
    if (group.length() == 0) continue;
    seal(group, &mutex_);
    group.set_target(head_.first_target(i));
  }
}

/// Also makes room. Closes one window early at most: the others wait for the next tick.
void Store::Impl::seal_due() {
  constexpr int kMostEarly = 1;
  if (must_seal_all_) seal_all();
  for (int early = 0;;) {
    while (is_over_budget()) evict_oldest();
    const bool is_tight = early < kMostEarly && is_head_large();
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
    if (entry == nullptr || !entry->is_unused()) continue;
    const std::uint32_t id = entry->id;
    entry.reset();
    table_.erase(*table_.at(id));
  }
}

void Store::Impl::evict_oldest() {
  BlockPtr oldest;  // freed without the lock
  const Lock lock(mutex_);
  if (blocks_.empty()) return;
  oldest = blocks_.front();
  ++counts_.evicted_blocks;
  counts_.evicted_samples += oldest->samples();
  forget_front_block();
}

void Store::Impl::forget_front_block() noexcept {
  const BlockPtr front = std::move(blocks_.front());
  blocks_.pop_front();
  block_bytes_ -= front->memory();
  for (const std::uint32_t id : front->series()) {
    SeriesEntry& entry = *table_.at(id);
    entry.blocks.erase(entry.blocks.begin());
    if (entry.is_unused()) table_.erase(entry);
  }
  ++first_block_;
}

bool Store::Impl::may_have(const SeriesEntry& entry, TimeRange range) const noexcept {
  for (const SegmentPlace& place : entry.tiers) {
    if (overlap(range, place.segment->first_ms(), place.segment->last_ms())) return true;
  }
  for (const SegmentPlace& place : entry.segments) {
    if (overlap(range, place.segment->first_ms(), place.segment->last_ms())) return true;
  }
  if (entry.sparse != nullptr &&
      overlap(range, entry.sparse->times_ms.front(), entry.sparse->times_ms.back())) {
    return true;
  }
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

void Store::Impl::open(const SeriesRef& series, TimeRange range, const series::ReadWish& wish,
                       GroupScratch& scratch, SeriesParts& parts) const {
  struct Closed {
    std::shared_ptr<const Segment> segment;
    std::uint32_t id;
  };
  std::vector<Closed> closed;
  std::vector<Closed> tiers;
  std::vector<StoredBlock> newest;  // of the segment that still changes
  {
    const Lock lock(mutex_);
    const auto* const entry = dynamic_cast<const SeriesEntry*>(series.get());
    if (entry == nullptr || entry->id >= table_.id_end() || table_.at(entry->id).get() != entry) return;
    for (const SegmentPlace& place : entry->segments) {
      const Segment& segment = *place.segment;
      if (!overlap(range, segment.first_ms(), segment.last_ms())) continue;
      if (segment.is_closed()) {
        closed.push_back({segment.shared_from_this(), place.id});
      } else {
        segment.find(place.id, range, newest);
      }
    }
    for (const SegmentPlace& place : entry->tiers) {
      if (overlap(range, place.segment->first_ms(), place.segment->last_ms()))
        tiers.push_back({place.segment->shared_from_this(), place.id});
    }
    for (const std::uint32_t number : entry->blocks) {
      const BlockPtr& one = block(number);
      if (overlap(range, one->first_ms(), one->last_ms())) parts.blocks.push_back(one);
    }
    if (entry->sparse != nullptr) entry->sparse->read(parts.head_times, parts.head);
    const SeriesGroup* const group = entry->group;
    if (group != nullptr && group->length() != 0 && overlap(range, group->first_ms(), head_.last_ms())) {
      group->read(entry->slot, scratch, parts.head);
      group->read_times(parts.head_times);
    }
  }
  for (const Closed& one : closed) one.segment->find(one.id, range, parts.stored);
  parts.stored.insert(parts.stored.end(), newest.begin(), newest.end());
  if (tiers.empty()) return;
  TierChoice choice(range, wish, series->form);
  for (const Closed& one : tiers) choice.add_tier(*one.segment, one.id);
  choice.choose(parts);
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
  figures.samples += sparse_.samples();
  for (const auto& group : sparse_.groups()) figures.oldest_ms = std::min(figures.oldest_ms, group->first_ms);
  figures.newest_ms = std::max(head_.last_ms(), sparse_.last_ms());
  if (disk_ != nullptr) add_directory_figures(figures);
  return figures;
}

Store::Store(const StoreOptions& options) : impl_(std::make_shared<Impl>(options)) {}

Store::~Store() { impl_->stop(); }

bool Store::append(std::chrono::system_clock::time_point time, const Snapshot& snapshot) noexcept {
  return impl_->append(milliseconds_of(time), snapshot);
}

series::SinkResult Store::append(std::int64_t time_ms, std::span<const series::Sample> samples) noexcept {
  return impl_->append(time_ms, samples);
}

std::vector<SeriesRef> Store::find(std::span<const series::Matcher> matchers, TimeRange range,
                                   const ReadLimit& limit, std::size_t most) const {
  return impl_->find(matchers, range, limit, most);
}

std::unique_ptr<series::SeriesScan> Store::scan(ReadLimit limit) const {
  return make_scan(impl_, std::move(limit));
}

void Store::sync() noexcept { impl_->keep_directory(); }

StoreFigures Store::figures() const { return impl_->figures(); }

namespace {

void write_directory(const StoreFigures& now, SnapshotWriter& writer) {
  const auto gauge = [&](const char* name, const char* help, std::uint64_t value, const char* unit = "") {
    writer.gauge({name, help, unit}).add(static_cast<double>(value));
  };
  const auto counter = [&](const char* name, const char* help, std::uint64_t value) {
    writer.counter({name, help}).add(static_cast<double>(value));
  };
  gauge("kymo_history_directory_in_use",
        "1 while ticks are written to the directory; 0 while they stay in memory only.",
        now.has_directory && !now.is_failing ? 1 : 0);
  gauge("kymo_history_segments", "Segment files.", now.segments);
  gauge("kymo_history_stored_blocks", "Blocks in segments.", now.stored_blocks);
  gauge("kymo_history_segment_bytes", "Size of the segments.", now.segment_bytes, "bytes");
  gauge("kymo_history_log_bytes", "Size of the logs.", now.log_bytes, "bytes");
  gauge("kymo_history_damaged_blocks",
        "Blocks found damaged since the start, and segments that no reader can open.", now.damaged_blocks);
  gauge("kymo_history_damaged_bytes", "Bytes of logs and segments that were damaged at the start.",
        now.damaged_bytes, "bytes");
  counter("kymo_history_replayed_ticks_total", "Ticks that the start read from logs.", now.replayed_ticks);
  counter("kymo_history_lost_ticks_total", "Ticks in logs that need a damaged one.", now.lost_ticks);
  counter("kymo_history_unlogged_ticks_total", "Ticks kept in memory while writes failed.",
          now.unlogged_ticks);
  counter("kymo_history_write_failures_total", "Failed writes, syncs, opens and deletions in the directory.",
          now.write_failures);
  static constexpr std::array<std::string_view, kTiers> kNames = {"10s", "5m", "1h"};
  auto bytes = writer.gauge({"kymo_history_tier_bytes", "Size of the files of a tier.", "bytes"});
  for (std::size_t i = 0; i < kTiers; ++i)
    bytes.add({{"tier", kNames[i]}}, static_cast<double>(now.tiers[i].bytes));
  auto oldest = writer.gauge({"kymo_history_tier_oldest_sample_timestamp_seconds",
                              "Time of the oldest sample in a tier.", "seconds"});
  for (std::size_t i = 0; i < kTiers; ++i) {
    if (now.tiers[i].files != 0)
      oldest.add({{"tier", kNames[i]}}, static_cast<double>(now.tiers[i].oldest_ms) / 1e3);
  }
  auto left = writer.counter({"kymo_history_deleted_tier_files_total", "Files of tiers deleted."});
  for (std::size_t i = 0; i < kTiers; ++i) {
    left.add({{"reason", "age"}, {"tier", kNames[i]}}, static_cast<double>(now.tiers[i].expired_files));
    left.add({{"reason", "size"}, {"tier", kNames[i]}}, static_cast<double>(now.tiers[i].displaced_files));
  }
  auto deleted = writer.counter({"kymo_history_deleted_segments_total", "Segments deleted."});
  deleted.add({{"reason", "age"}}, static_cast<double>(now.expired_segments));
  deleted.add({{"reason", "size"}}, static_cast<double>(now.displaced_segments));
}

}  // namespace

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
  if (impl_->wants_directory()) write_directory(now, writer);
}

}  // namespace kymo::KYMO_ABI::history
