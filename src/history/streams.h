#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "byte_stream.h"

struct ZSTD_CCtx_s;

namespace kymo::KYMO_ABI::history {

/// The streams of a block. Each gathers bytes that resemble each other, from all columns, so that zstd finds
/// one good code for them.
///
/// Streams 1 to 7 hold codes of as many bits. `kPlanes` holds whole bytes of codes that zstd can compress,
/// `kNoise` those that it cannot. `kMasks` has a bit a sample of sparse columns.
enum Stream : std::uint8_t {
  kPlanes = 0,
  kNoise = 8,
  kExceptionGaps = 9,
  kExceptionCodes = 10,
  kMasks = 11,
  kStreams = 12,
};

using Streams = std::array<Bytes, kStreams>;
using StreamSizes = std::array<std::size_t, kStreams>;

/// Compresses with zstd. Keeps the memory of its work. Threads: one at a time.
class Compressor final {
 public:
  Compressor();
  Compressor(const Compressor&) = delete;
  Compressor& operator=(const Compressor&) = delete;
  ~Compressor();

  /// Appends the compressed bytes, or the bytes themselves where these are not longer. Returns the number of
  /// appended bytes. Throws `std::bad_alloc`.
  std::size_t append(std::span<const std::byte> bytes, Bytes& to);

 private:
  ZSTD_CCtx_s* context_;
};

/// Fills `to` from what Compressor wrote. False where the bytes are no such. Threads: any; each keeps 100 KiB
/// from its first call on.
[[nodiscard]] bool decompress(std::span<const std::byte> stored, std::span<std::byte> to);

}  // namespace kymo::KYMO_ABI::history
