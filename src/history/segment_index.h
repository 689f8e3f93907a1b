#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "byte_stream.h"
#include "log_record.h"
#include "names.h"

namespace kymo::KYMO_ABI::history {

/// A block of a segment.
struct BlockPlace {
  std::uint64_t offset = 0;
  std::uint32_t size = 0;
  std::uint32_t samples = 0;
  std::int64_t first_ms = 0;
  std::int64_t last_ms = 0;
  std::uint32_t list = 0;  ///< its series, in SegmentIndex::lists
};

/// The blocks of a segment and their series. Most blocks share their list of series with others.
struct SegmentIndex {
  std::vector<LogSeries> names;
  std::vector<std::vector<std::uint32_t>> lists;  ///< ids, in the order of the block
  std::vector<BlockPlace> blocks;

  /// The list with these ids; made where there is none.
  std::uint32_t list_of(std::span<const std::uint32_t> ids);

 private:
  std::unordered_multimap<std::size_t, std::uint32_t> by_hash_;
};

/// A stretch of a segment that no reader understands.
struct SegmentDamage {
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
  std::string reason;
};

/// Appends a record that has the blocks from the given one on.
void put_index(const SegmentIndex& index, std::size_t first_block, Bytes& to);
/// Appends the end of a segment: all names, all blocks, and where this end begins. `offset`: of the end.
void put_footer(const SegmentIndex& index, std::uint64_t offset, NamesEncoder& names, Bytes& to);

/// The bytes at the end of a closed segment that say where its footer begins.
inline constexpr std::size_t kTrailerBytes = 16;
/// The offset of the footer in a file of `size` bytes with that end; nothing where there is no footer.
[[nodiscard]] std::optional<std::uint64_t> footer_offset(std::span<const std::byte> trailer,
                                                         std::uint64_t size);
/// Reads the footer without its last kTrailerBytes. Nothing where it is damaged. Throws `std::bad_alloc`.
[[nodiscard]] std::optional<SegmentIndex> read_footer(std::span<const std::byte> footer);

/// Makes the index from all bytes of a segment. Blocks that only an index record knows stay in the index, so
/// that their readers see the damage.
[[nodiscard]] SegmentIndex scan_segment(std::span<const std::byte> segment,
                                        std::vector<SegmentDamage>& damage);

}  // namespace kymo::KYMO_ABI::history
