// A store's directory: what is read at the start, and the thread that keeps it.

#include <fcntl.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <span>
#include <system_error>
#include <unordered_map>
#include <utility>

#include <kymo/base/thread.h>

#include "log_reader.h"
#include "replay.h"
#include "store_impl.h"

namespace kymo::KYMO_ABI::history {
namespace {

/// Twice a second, so that a tick is on the disk within one.
constexpr std::chrono::milliseconds kKeepEvery{500};
constexpr std::size_t kMostBatchBytes = std::size_t{4} << 20U;

Bytes bytes_of_file(FileOperations& files, const std::string& path) {
  const base::FileDescriptor file = open_file(files, path, O_RDONLY);
  Bytes bytes(size_of_file(file.get(), path));
  bytes.resize(read_at(files, file.get(), 0, bytes, path));
  return bytes;
}

}  // namespace

void Store::Impl::open_directory() noexcept {
  try {
    disk_ = std::make_unique<Disk>(options_.directory);
    if (options_.directory.is_read_only) return load();
    const Directory::Lock lock = disk_->directory.lock();
    if (lock == Directory::Lock::refused) {
      disk_.reset();
      return;
    }
    if (lock == Directory::Lock::taken) load();
    start_keeper();
  } catch (const std::exception& error) {
    if (disk_ != nullptr) {
      const bool is_read_only = options_.directory.is_read_only;
      disk_->directory.tell(
          std::string(is_read_only ? "" : "the history stays in memory: ").append(error.what()));
    }
    disk_.reset();
  }
}

void Store::Impl::load() {
  Directory& directory = disk_->directory;
  for (const NumberedFile& file : files_of(directory.path(), FileKind::segment)) {
    directory.use_number(file.number);
    try {
      load_segment(file, kTiers);
    } catch (const std::system_error& error) {
      ++counts_.damaged_blocks;
      directory.tell(std::string("a part of the history is missing: ").append(error.what()));
    }
  }
  load_tiers();
  replay_logs();
  for (const SegmentPtr& segment : segments_) head_.set_last_ms(segment->last_ms());
  if (options_.directory.is_read_only) return;
  disk_->is_loaded = true;
  directory.prepare_log();
}

/// `tier`: that of the file; kTiers: a segment. A block that a failed sync left behind may be there again in
/// the next segment.
void Store::Impl::load_segment(const NumberedFile& file, std::size_t tier) {
  const bool is_tier = tier != kTiers;
  Directory& directory = disk_->directory;
  SegmentFile found = read_segment_file(directory.files(), file.path);
  for (const SegmentDamage& damage : found.damage) counts_.damaged_bytes += damage.bytes;
  if (found.index.blocks.empty()) {
    if (found.damage.empty() && !options_.directory.is_read_only) (void)directory.files().unlink(file.path);
    return;
  }
  std::unordered_map<std::uint32_t, EntryPtr> entries;
  for (const LogSeries& name : found.index.names) {
    auto labels = series::LabelSet::from_bytes(name.labels);
    if (!labels || name.family == nullptr) continue;
    if (EntryPtr entry = table_.get(*std::move(labels), name.form, name.family, options_.most_series))
      entries.emplace(name.series, std::move(entry));
  }
  std::vector<std::vector<SeriesEntry*>> lists(found.index.lists.size());
  for (std::size_t i = 0; i < lists.size(); ++i) {
    for (const std::uint32_t id : found.index.lists[i]) {
      if (const auto entry = entries.find(series_of_tier_id(id)); entry != entries.end())
        lists[i].push_back(entry->second.get());
    }
  }
  std::vector<BlockPlace> kept;
  std::vector<bool> is_used(lists.size());
  for (const BlockPlace& block : found.index.blocks) {
    bool is_fresh = is_tier || lists[block.list].empty();
    for (const SeriesEntry* entry : lists[block.list])
      is_fresh = is_fresh || entry->stored_ms < block.last_ms;
    if (!is_fresh) continue;
    if (!is_tier) {
      for (SeriesEntry* entry : lists[block.list])
        entry->stored_ms = std::max(entry->stored_ms, block.last_ms);
    }
    is_used[block.list] = true;
    kept.push_back(block);
  }
  if (!found.has_footer && !options_.directory.is_read_only) {
    try {
      append_footer(directory.files(), file.path, found);
    } catch (const std::system_error&) {  // the next start scans the segment again
    }
  }
  const auto segment = std::make_shared<Segment>(directory.files(), file.path, tier);
  segment->add(found.index, kept, found.bytes);
  segment->close();
  (is_tier ? tiers_[tier] : segments_).push_back(segment);
  for (std::size_t i = 0; i < lists.size(); ++i) {
    if (!is_used[i]) continue;
    for (const std::uint32_t tier_id : found.index.lists[i]) {
      const std::uint32_t id = series_of_tier_id(tier_id);
      const auto entry = entries.find(id);
      if (entry == entries.end()) continue;
      std::vector<SegmentPlace>& places = is_tier ? entry->second->tiers : entry->second->segments;
      const bool is_known = std::ranges::any_of(places, [&](const SegmentPlace& place) {
        return place.segment == segment.get() && place.id == id;
      });
      if (is_known) continue;
      places.push_back({segment.get(), id});
      segment->entries().push_back(entry->second->id);
    }
  }
  for (auto& [id, entry] : entries) {
    const std::uint32_t unused = entry->id;
    const bool is_unused = entry->is_unused();
    entry.reset();
    if (is_unused && table_.at(unused) != nullptr) table_.erase(*table_.at(unused));
  }
}

void Store::Impl::replay_logs() {
  LogReplay replay(table_, head_, [this] {
    seal_due();
    if (block_bytes_ > options_.memory_bytes / 8 && !options_.directory.is_read_only) (void)flush_blocks();
  });
  for (const NumberedFile& file : files_of(disk_->directory.path(), FileKind::log)) {
    disk_->directory.use_number(file.number);
    try {
      read_log(file, replay);
    } catch (const std::system_error& error) {
      disk_->directory.tell(std::string("a part of the history is missing: ").append(error.what()));
    }
  }
  replay.finish();
  counts_.replayed_ticks = replay.ticks();
  counts_.refused_samples += replay.lost_samples();
}

void Store::Impl::read_log(const NumberedFile& file, LogReplay& replay) {
  const Bytes bytes = bytes_of_file(disk_->directory.files(), file.path);
  LogReader reader(bytes);
  std::int64_t last_ms = std::numeric_limits<std::int64_t>::min();
  replay.begin_file();
  while (const auto entry = reader.next()) {
    if (const auto* names = std::get_if<std::vector<LogSeries>>(&*entry)) {
      replay.add_names(*names);
    } else if (const auto* tick = std::get_if<LogTick>(&*entry)) {
      last_ms = std::max(last_ms, tick->time_ms);
      replay.add_tick(*tick);
    } else {
      const LogSkipped& skipped = std::get<LogSkipped>(*entry);
      counts_.damaged_bytes += skipped.bytes;
      counts_.lost_ticks += skipped.ticks;
    }
  }
  disk_->directory.add_old_log(file.path, last_ms, bytes.size());
}

void Store::Impl::start_keeper() {
  disk_->keeper = base::start_thread("kymo-history", [this] {
    std::unique_lock lock(disk_->waiting);
    while (!disk_->wake.wait_for(lock, kKeepEvery, [this] { return disk_->must_stop; })) {
      lock.unlock();
      keep_directory();
      lock.lock();
    }
  });
}

void Store::Impl::stop() noexcept {
  if (disk_ == nullptr) return;
  if (!disk_->directory.is_of_this_process()) {
    (void)disk_.release();  // the thread is not there, and its locks cannot be trusted
    return;
  }
  {
    const std::lock_guard lock(disk_->waiting);
    disk_->must_stop = true;
  }
  disk_->wake.notify_all();
  if (disk_->keeper.joinable()) {
    disk_->keeper.join();
    seal_sparse(true);
    keep_directory();
  }
  disk_->directory.unlock();
}

/// A directory that could not be opened at the start. Its past would be older than the head, so a directory
/// with a past waits for the next start.
void Store::Impl::take_lock_again() {
  Directory& directory = disk_->directory;
  if (directory.is_locked() || directory.lock() != Directory::Lock::taken) return;
  if (!files_of(directory.path(), FileKind::segment).empty() ||
      !files_of(directory.path(), FileKind::log).empty()) {
    directory.tell("history.directory " + directory.path() +
                   " can be read now, and has a past; restart this process to use it");
    return;
  }
  disk_->is_loaded = true;
}

void Store::Impl::keep_directory() noexcept {
  if (disk_ == nullptr || options_.directory.is_read_only || !disk_->directory.is_of_this_process()) return;
  const std::lock_guard one_at_a_time(disk_->keeping);
  Directory& directory = disk_->directory;
  try {
    if (!disk_->is_loaded) take_lock_again();
    if (!disk_->is_loaded) return;
    directory.prepare_log();
    if (directory.options().sync != Sync::off) directory.sync_log();
    // Also after a failure: what is deleted may make room.
    if (flush_blocks()) {
      close_long_segment();
      make_tiers();
    }
    directory.delete_logs_before(oldest_unstored_ms());
    delete_old_segments();
    delete_old_tiers();
  } catch (const std::exception& error) {
    directory.fail(Work::segment, error.what());
  }
}

/// The oldest blocks that are in no segment.
Store::Impl::Batch Store::Impl::next_batch() const {
  Batch batch;
  std::unordered_map<std::uint32_t, bool> is_known;
  std::size_t bytes = 0;
  const Lock lock(mutex_);
  for (const BlockPtr& block : blocks_) {
    if (bytes > kMostBatchBytes) break;
    batch.blocks.push_back(block);
    bytes += block->bytes().size();
    for (const std::uint32_t id : block->series()) {
      if (is_known.emplace(id, true).second) batch.entries.push_back(table_.at(id));
    }
  }
  return batch;
}

/// False after a failure: the blocks stay in memory.
bool Store::Impl::flush_blocks() {
  for (Batch batch = next_batch(); !batch.blocks.empty(); batch = next_batch()) {
    if (!flush(batch)) return false;
  }
  disk_->directory.succeed(Work::segment);
  return true;
}

bool Store::Impl::flush(const Batch& batch) {
  Directory& directory = disk_->directory;
  try {
    if (disk_->writer && disk_->writer->is_deleted()) {
      directory.fail(Work::segment, "the file " + disk_->writer->segment()->path() + " was deleted");
      give_up_writer();
    }
    if (!disk_->writer)
      disk_->writer.emplace(directory.files(), directory.path(), directory.new_path(FileKind::segment));
    const std::size_t first = disk_->writer->index().blocks.size();
    disk_->writer->append(batch.blocks, batch.entries);
    publish(batch, first);
    return true;
  } catch (const std::exception& error) {
    directory.fail(Work::segment, error.what());
    give_up_writer();
    return false;
  }
}

/// From now on readers find the blocks in the segment. Blocks that were evicted meanwhile come back so.
void Store::Impl::publish(const Batch& batch, std::size_t first_block) {
  const SegmentPtr& segment = disk_->writer->segment();
  const SegmentIndex& index = disk_->writer->index();
  const Lock lock(mutex_);
  const bool is_new = segment->blocks().empty();
  segment->entries().reserve(segment->entries().size() + batch.entries.size());
  for (const EntryPtr& entry : batch.entries) {
    std::vector<SegmentPlace>& places = entry->segments;
    if (places.size() == places.capacity()) places.reserve(2 * places.size() + 1);
  }
  if (is_new) segments_.push_back(segment);
  try {
    segment->add(index, std::span(index.blocks).subspan(first_block), disk_->writer->bytes());
  } catch (...) {
    if (is_new) segments_.pop_back();
    throw;
  }
  for (const EntryPtr& entry : batch.entries) {
    if (table_.at(entry->id) != entry) continue;  // evicted, and forgotten
    if (!entry->segments.empty() && entry->segments.back().segment == segment.get()) continue;
    entry->segments.push_back({segment.get(), entry->id});
    segment->entries().push_back(entry->id);
  }
  for (const BlockPtr& block : batch.blocks) {
    if (!blocks_.empty() && blocks_.front() == block) forget_front_block();
  }
}

void Store::Impl::give_up_writer() noexcept {
  if (!disk_->writer) return;
  const SegmentPtr segment = disk_->writer->segment();
  disk_->writer.reset();
  segment->close();
  if (segment->blocks().empty()) (void)disk_->directory.files().unlink(segment->path());
}

void Store::Impl::close_long_segment() {
  if (!disk_->writer || !disk_->writer->first_ms()) return;
  const DirectoryOptions& options = disk_->directory.options();
  const SegmentPtr segment = disk_->writer->segment();
  const bool is_long = segment->last_ms() - *disk_->writer->first_ms() >= segment_ms(options);
  if (!is_long && disk_->writer->bytes() < segment_bytes(options)) return;
  try {
    disk_->writer->close();
  } catch (const std::exception& error) {
    disk_->directory.fail(Work::segment, error.what());  // the next start scans the segment
  }
  give_up_writer();
}

/// The time of the oldest sample that is in no segment.
std::int64_t Store::Impl::oldest_unstored_ms() const {
  const Lock lock(mutex_);
  std::int64_t oldest = std::numeric_limits<std::int64_t>::max();
  for (const auto& group : head_.groups()) {
    if (group->length() != 0) oldest = std::min(oldest, group->first_ms());
  }
  for (const BlockPtr& block : blocks_) oldest = std::min(oldest, block->first_ms());
  return oldest;
}

/// The segment that is written to stays, so logs are never newer than all segments.
void Store::Impl::delete_old_segments() {
  const DirectoryOptions& options = disk_->directory.options();
  for (;;) {
    const Lock lock(mutex_);
    if (segments_.empty() || !segments_.front()->is_closed()) return;
    std::uint64_t bytes = 0;
    for (const SegmentPtr& segment : segments_) bytes += segment->bytes();
    const std::int64_t keep = options.retention.count();
    if (keep != 0 && segments_.front()->last_ms() + keep < head_.last_ms()) {
      ++counts_.expired_segments;
    } else if (bytes > options.bytes) {
      ++counts_.displaced_segments;
    } else {
      return;
    }
    remove_front_segment();
  }
}

void Store::Impl::remove_front_segment() noexcept {
  const SegmentPtr segment = std::move(segments_.front());
  segments_.pop_front();
  segment->delete_file();
  for (const std::uint32_t id : segment->entries()) {
    SeriesEntry& entry = *table_.at(id);
    std::erase_if(entry.segments, [&](const SegmentPlace& place) { return place.segment == segment.get(); });
    if (entry.is_unused() && !entry.is_live) table_.erase(entry);
  }
}

void Store::Impl::add_directory_figures(StoreFigures& figures) const {
  figures.has_directory = disk_->is_loaded;
  figures.is_failing = disk_->directory.is_failing();
  figures.write_failures = disk_->directory.failures();
  figures.log_bytes = disk_->directory.log_bytes();
  figures.segments = segments_.size();
  for (const SegmentPtr& segment : segments_) {
    figures.stored_blocks += segment->blocks().size();
    figures.segment_bytes += segment->bytes();
    figures.samples += segment->samples();
    figures.stored_samples += segment->samples();
    figures.damaged_blocks += segment->damaged_blocks();
    figures.oldest_ms = std::min(figures.oldest_ms, segment->first_ms());
  }
  for (std::size_t tier = 0; tier < kTiers; ++tier) {
    TierFigures& made = figures.tiers[tier];
    made.files = tiers_[tier].size();
    for (const SegmentPtr& file : tiers_[tier]) {
      made.bytes += file->bytes();
      made.oldest_ms = std::min(made.oldest_ms, file->first_ms());
      made.newest_ms = std::max(made.newest_ms, file->last_ms());
      figures.damaged_blocks += file->damaged_blocks();
    }
  }
}

}  // namespace kymo::KYMO_ABI::history
