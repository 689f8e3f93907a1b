#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include <kymo/base/crc32c.h>

#include "byte_stream.h"

namespace kymo::KYMO_ABI::history {

// The beginning of a block: magic, checksum of all that follows it, length of the block, version.
inline constexpr std::uint32_t kBlockMagic = 0x426d796b;  // "kymB"
inline constexpr std::size_t kChecksumAt = 4;
inline constexpr std::size_t kChecksummedFrom = 8;

/// Of a series, in the head.
enum SeriesFlag : unsigned {
  kIsReal = 1,
  kHasGaps = 2,
  kHasStale = 4,
  kHasCreated = 8,
  kIsHistogram = 16,
  kSeriesFlags = 32
};

[[nodiscard]] inline std::uint32_t checksum_of(std::span<const std::byte> block) {
  return base::crc32c(block.subspan(kChecksummedFrom));
}

inline void set_checksum(std::span<std::byte> block) {
  const std::uint32_t checksum = in_file_order(checksum_of(block));
  std::memcpy(block.data() + kChecksumAt, &checksum, sizeof checksum);
}

}  // namespace kymo::KYMO_ABI::history
