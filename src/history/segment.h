#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include <kymo/base/file_descriptor.h>

#include "file_operations.h"
#include "sealed_block.h"
#include "segment_index.h"
#include "series_table.h"
#include "tier.h"

namespace kymo::KYMO_ABI::history {

using SeriesList = std::shared_ptr<const std::vector<std::uint32_t>>;

/// A block of a segment, and the id there of a series that the block has. Needs no lock.
struct StoredBlock {
  std::shared_ptr<const class Segment> segment;
  std::uint32_t number = 0;  ///< in the segment
  BlockPlace place;
  SeriesList list;
  std::uint32_t id = 0;
  /// The part that a reader takes of it: where files hold the same past, one of them answers for each time.
  series::TimeRange part = {};
  series::SampleUse use = series::SampleUse::every;  ///< as of SeriesChunk
};

/// A file of blocks, as readers see it. Changes are under the lock of the store; a closed segment has none.
class Segment final : public std::enable_shared_from_this<Segment> {
 public:
  /// `tier`: its place in kTierWindows; kTiers: none.
  Segment(FileOperations& files, std::string path, std::size_t tier = kTiers)
      : files_(files), path_(std::move(path)), tier_(tier) {}
  Segment(const Segment&) = delete;
  Segment& operator=(const Segment&) = delete;
  /// Deletes the file where that was asked for: readers of the segment have ended.
  ~Segment();

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] std::size_t tier() const noexcept { return tier_; }
  [[nodiscard]] std::int64_t first_ms() const noexcept { return first_ms_; }
  [[nodiscard]] std::int64_t last_ms() const noexcept { return last_ms_; }
  [[nodiscard]] std::uint64_t samples() const noexcept { return samples_; }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }
  [[nodiscard]] const std::vector<BlockPlace>& blocks() const noexcept { return blocks_; }
  /// The ids of a block's series, as the file has them.
  [[nodiscard]] const SeriesList& list(std::uint32_t block) const noexcept {
    return lists_[blocks_[block].list];
  }
  /// Ids of the store's series that have blocks here.
  [[nodiscard]] std::vector<std::uint32_t>& entries() noexcept { return entries_; }
  [[nodiscard]] const std::vector<std::uint32_t>& entries() const noexcept { return entries_; }

  /// Takes blocks and lists of the index that are new, in the file of that size.
  void add(const SegmentIndex& index, std::span<const BlockPlace> blocks, std::uint64_t bytes);
  void close() noexcept { is_closed_.store(true, std::memory_order_release); }
  [[nodiscard]] bool is_closed() const noexcept { return is_closed_.load(std::memory_order_acquire); }
  /// The file leaves with the last reader.
  void delete_file() noexcept { must_delete_.store(true); }

  /// Appends the blocks that have the series, by its id here, and overlap the range.
  void find(std::uint32_t id, series::TimeRange range, std::vector<StoredBlock>& found) const;
  [[nodiscard]] base::FileDescriptor open() const;
  /// The bytes of a block, of an open file. Throws std::system_error, and `std::bad_alloc`.
  [[nodiscard]] Bytes read(const base::FileDescriptor& file, const BlockPlace& place) const;
  /// Counts a damaged block, once. Threads: any.
  void note_damage(std::uint32_t block) const;
  [[nodiscard]] std::uint64_t damaged_blocks() const;

 private:
  FileOperations& files_;
  const std::string path_;
  const std::size_t tier_;
  std::vector<SeriesList> lists_;
  std::vector<BlockPlace> blocks_;
  std::vector<std::uint32_t> entries_;
  std::int64_t first_ms_ = std::numeric_limits<std::int64_t>::max();
  std::int64_t last_ms_ = std::numeric_limits<std::int64_t>::min();
  std::uint64_t samples_ = 0;
  std::uint64_t bytes_ = 0;
  std::atomic<bool> is_closed_{false};
  std::atomic<bool> must_delete_{false};
  mutable std::mutex damage_mutex_;
  mutable std::set<std::uint32_t> damaged_;
};
using SegmentPtr = std::shared_ptr<Segment>;

/// The file of a segment as it was found.
struct SegmentFile {
  SegmentIndex index;
  std::uint64_t bytes = 0;
  bool has_footer = false;
  std::vector<SegmentDamage> damage;  ///< without a footer: stretches that nothing could be made of
};
/// Reads the footer, or all of the file where it has none. Throws std::system_error, and `std::bad_alloc`.
[[nodiscard]] SegmentFile read_segment_file(FileOperations& files, const std::string& path);

/// Appends blocks to a new segment. After a failure the writer must be given up: nobody knows which bytes
/// are on the disk. Threads: one at a time.
class SegmentWriter final {
 public:
  using BlockPtr = std::shared_ptr<const SealedBlock>;

  /// Makes the file. Throws std::system_error.
  SegmentWriter(FileOperations& files, std::string folder, std::string path);

  [[nodiscard]] const SegmentPtr& segment() const noexcept { return segment_; }
  [[nodiscard]] const SegmentIndex& index() const noexcept { return index_; }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }
  /// The time of the first block; nothing before it.
  [[nodiscard]] std::optional<std::int64_t> first_ms() const;

  /// Somebody has deleted the file.
  [[nodiscard]] bool is_deleted() const noexcept;
  /// Writes blocks, and syncs the file. `entries`: the series of these blocks, any order. Throws
  /// std::system_error, and `std::bad_alloc`.
  void append(std::span<const BlockPtr> blocks, std::span<const EntryPtr> entries);
  /// Writes the footer. Throws likewise.
  void close();

 private:
  FileOperations& files_;
  const std::string folder_;
  SegmentPtr segment_;
  base::FileDescriptor file_;
  bool is_in_folder_ = false;  ///< also after a power cut
  SegmentIndex index_;
  std::uint64_t bytes_ = 0;
  /// Series with a name in the file. The references keep the ids from being used again.
  std::unordered_map<std::uint32_t, EntryPtr> named_;
  NamesEncoder names_;
  Bytes buffer_;
};

/// Appends a footer to a file that was found without one. Throws std::system_error, and `std::bad_alloc`.
void append_footer(FileOperations& files, const std::string& path, SegmentFile& file);

}  // namespace kymo::KYMO_ABI::history
