// A store's tiers: files made of closed segments by the thread that keeps the directory.

#include <algorithm>
#include <exception>
#include <span>
#include <utility>

#include "store_impl.h"

namespace kymo::KYMO_ABI::history {
namespace {

/// Samples that are read at a time, so that the log is synced in time: some 20 ms.
constexpr std::uint64_t kSamplesAtOnce = 2'000'000;
/// Series of the segments of one file, each segment's counted: some 100 bytes each while the file is made.
constexpr std::size_t kMostNames = 250'000;

std::uint64_t bytes_of(const std::deque<SegmentPtr>& files) {
  std::uint64_t bytes = 0;
  for (const SegmentPtr& file : files) bytes += file->bytes();
  return bytes;
}

}  // namespace

void Store::Impl::load_tiers() {
  Directory& directory = disk_->directory;
  for (std::size_t tier = 0; tier < kTiers; ++tier) {
    for (const NumberedFile& file : files_of(directory.path(), kTierKinds[tier])) {
      directory.use_number(file.number);
      disk_->tier_numbers[tier] = file.number;
      try {
        load_segment(file, tier);
      } catch (const std::system_error& error) {
        ++counts_.damaged_blocks;
        directory.tell(std::string("a part of the history is missing: ").append(error.what()));
      }
    }
    if (options_.directory.is_read_only) continue;
    for (const NumberedFile& file : files_of(directory.path(), kTierKinds[tier], kUnfinished))
      (void)directory.files().unlink(file.path);
  }
}

/// A file of the first tier that has enough closed segments which it lacks. Segments that will leave soon are
/// enough.
std::unique_ptr<TierJob> Store::Impl::next_tier_job() {
  const DirectoryOptions& options = disk_->directory.options();
  for (std::size_t tier = 0; tier < kTiers; ++tier) {
    if (options.tiers[tier].bytes == 0) continue;
    TierJob::Plan plan{.tier = tier, .folder = disk_->directory.path()};
    std::uint64_t number = 0;
    {
      const Lock lock(mutex_);
      const std::int64_t wanted = tier_file_ms(options, tier);
      const std::int64_t keep = options.retention.count();
      bool is_enough = bytes_of(segments_) > options.bytes / 4 * 3;
      std::int64_t first_ms = std::numeric_limits<std::int64_t>::max();
      std::size_t names = 0;
      for (const SegmentPtr& segment : segments_) {
        number = number_of_file(segment->path());
        if (number <= disk_->tier_numbers[tier]) continue;
        if (!segment->is_closed()) break;
        first_ms = std::min(first_ms, segment->first_ms());
        plan.sources.push_back({.segment = segment, .entries = {}});
        names += segment->entries().size();
        if (names > kMostNames) is_enough = true;
        if (names > kMostNames) break;
        is_enough = is_enough || segment->last_ms() - first_ms >= wanted ||
                    (keep != 0 && first_ms + keep / 4 * 3 < head_.last_ms());
        if (segment->last_ms() - first_ms >= wanted) break;
      }
      if (plan.sources.empty() || !is_enough) continue;
      number = number_of_file(plan.sources.back().segment->path());
      for (TierSource& source : plan.sources) {
        for (const std::uint32_t id : source.segment->entries()) {
          const EntryPtr& entry = table_.at(id);
          for (const SegmentPlace& place : entry->segments) {
            if (place.segment == source.segment.get()) source.entries.emplace(place.id, entry);
          }
        }
      }
    }
    plan.path = disk_->directory.path_of(kTierKinds[tier], number);
    return std::make_unique<TierJob>(disk_->directory.files(), std::move(plan));
  }
  return nullptr;
}

void Store::Impl::make_tiers() {
  Directory& directory = disk_->directory;
  try {
    for (std::uint64_t left = kSamplesAtOnce; left != 0;) {
      if (disk_->tier_job == nullptr) disk_->tier_job = next_tier_job();
      if (disk_->tier_job == nullptr) break;
      if (!disk_->tier_job->work(left)) break;
      publish(*disk_->tier_job);
      disk_->tier_job.reset();
      directory.succeed(Work::tier);
    }
  } catch (const std::exception& error) {
    disk_->tier_job.reset();
    directory.fail(Work::tier, error.what());
  }
}

/// From now on readers find the file.
void Store::Impl::publish(const TierJob& job) {
  const TierJob::Plan& plan = job.plan();
  disk_->tier_numbers[plan.tier] = number_of_file(plan.path);
  const SegmentPtr& file = job.made();
  const Lock lock(mutex_);
  std::deque<SegmentPtr>& files = tiers_[plan.tier];
  files.push_back(file);
  try {
    file->entries().reserve(job.entries().size());
    for (const EntryPtr& entry : job.entries()) {
      if (table_.at(entry->id) != entry) continue;  // without samples by now
      entry->tiers.push_back({file.get(), entry->id});
      file->entries().push_back(entry->id);
    }
  } catch (...) {
    for (const std::uint32_t id : file->entries()) table_.at(id)->tiers.pop_back();
    files.pop_back();
    throw;
  }
}

void Store::Impl::delete_old_tiers() {
  const DirectoryOptions& options = disk_->directory.options();
  for (std::size_t tier = 0; tier < kTiers; ++tier) {
    const std::int64_t keep = options.tiers[tier].retention.count();
    for (;;) {
      const Lock lock(mutex_);
      const std::deque<SegmentPtr>& files = tiers_[tier];
      if (files.empty()) break;
      if (keep != 0 && files.front()->last_ms() + keep < head_.last_ms()) {
        ++counts_.tiers[tier].expired_files;
      } else if (bytes_of(files) > options.tiers[tier].bytes) {
        ++counts_.tiers[tier].displaced_files;
      } else {
        break;
      }
      remove_front_tier(tier);
    }
  }
}

void Store::Impl::remove_front_tier(std::size_t tier) noexcept {
  const SegmentPtr file = std::move(tiers_[tier].front());
  tiers_[tier].pop_front();
  file->delete_file();
  for (const std::uint32_t id : file->entries()) {
    SeriesEntry& entry = *table_.at(id);
    std::erase_if(entry.tiers, [&](const SegmentPlace& place) { return place.segment == file.get(); });
    if (entry.is_unused() && !entry.is_live) table_.erase(entry);
  }
}

}  // namespace kymo::KYMO_ABI::history
