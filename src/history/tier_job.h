#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "block.h"
#include "segment.h"
#include "series_table.h"
#include "tier_builder.h"

namespace kymo::KYMO_ABI::history {

/// A closed segment, and the series that it has under its own ids.
struct TierSource {
  std::shared_ptr<const Segment> segment;
  std::unordered_map<std::uint32_t, EntryPtr> entries;
};

/// Makes a file of a tier of closed segments, piece by piece. The file gets its name once it is whole.
/// Threads: one at a time.
class TierJob final {
 public:
  struct Plan {
    std::size_t tier = 0;
    std::string folder = {};
    std::string path = {};  ///< of the file
    std::vector<TierSource> sources = {};
  };
  /// Throws std::system_error, and `std::bad_alloc`, as all below.
  TierJob(FileOperations& files, Plan plan);
  TierJob(const TierJob&) = delete;
  TierJob& operator=(const TierJob&) = delete;
  /// Deletes a file that is not whole.
  ~TierJob();

  /// Reads about so many samples, and counts them down. True once the file is whole.
  bool work(std::uint64_t& samples);
  [[nodiscard]] const Plan& plan() const noexcept { return plan_; }
  /// The file, once it is whole; and its series.
  [[nodiscard]] const SegmentPtr& made() const noexcept { return made_; }
  [[nodiscard]] const std::vector<EntryPtr>& entries() const noexcept { return entries_; }

 private:
  struct Piece {
    std::size_t source = 0;
    std::uint32_t block = 0;
  };
  /// Series that share blocks, directly or over others, so that a builder gets all samples of each in order.
  struct Group {
    std::vector<std::uint32_t> ids = {};  ///< of the store
    std::vector<Piece> pieces = {};       ///< by time
  };
  static constexpr std::size_t kNone = ~std::size_t{0};

  void make_groups();
  void begin_group();
  void add(const Piece& piece);
  void take();
  void write();
  void finish();

  FileOperations& files_;
  const Plan plan_;
  std::unordered_map<std::uint32_t, EntryPtr> by_id_;
  std::vector<Group> groups_;
  std::size_t group_ = 0;
  std::size_t piece_ = 0;                                  ///< the next one of the group
  std::unordered_map<std::uint32_t, std::size_t> places_;  ///< in the builder, by id of the store
  std::unique_ptr<TierBuilder> builder_;
  std::size_t open_source_ = kNone;
  std::size_t built_source_ = kNone;
  base::FileDescriptor file_;
  BlockEncoder encoder_;
  std::vector<SegmentWriter::BlockPtr> blocks_;  ///< to write
  std::size_t block_bytes_ = 0;
  std::vector<EntryPtr> entries_;
  std::unordered_map<std::uint32_t, bool> is_listed_;
  std::unique_ptr<SegmentWriter> writer_;
  SegmentPtr made_;
};

/// The end of the name of a file that is not whole.
inline constexpr const char* kUnfinished = ".tmp";

}  // namespace kymo::KYMO_ABI::history
