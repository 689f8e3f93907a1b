#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "streams.h"

namespace kymo::KYMO_ABI::history {

/// Codes of `width` bits are cut into whole bytes, the lowest first, and a rest of 1 to 7 bits.
[[nodiscard]] constexpr unsigned planes_of(unsigned width) { return width / 8; }
[[nodiscard]] constexpr unsigned rest_of(unsigned width) { return width % 8; }

/// Bits that a rest takes in its stream: 1, 2, 4 or 8. Several rests share a byte, so that zstd codes even
/// less than a bit for each.
[[nodiscard]] constexpr unsigned packed_bits(unsigned rest) { return rest <= 2 ? rest : rest <= 4 ? 4 : 8; }
[[nodiscard]] constexpr std::size_t packed_size(std::size_t count, unsigned rest) {
  return (count * packed_bits(rest) + 7) / 8;
}

/// Appends the codes to the streams. Returns the planes, one bit each, that went to kNoise.
unsigned pack(std::span<const std::uint64_t> codes, unsigned width, Streams& streams);

/// Puts each byte of a plane, or each rest of a stream, into its code at bit `shift`.
void unpack_plane(std::span<const std::byte> plane, unsigned shift, std::span<std::uint64_t> codes);
void unpack_rests(std::span<const std::byte> packed, unsigned rest, unsigned shift,
                  std::span<std::uint64_t> codes);

}  // namespace kymo::KYMO_ABI::history
