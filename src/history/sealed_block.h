#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "block.h"
#include "columns.h"

namespace kymo::KYMO_ABI::history {

/// The series of one group over a closed window, encoded. Immutable; threads: any.
class SealedBlock final {
 public:
  /// Throws as BlockEncoder::encode().
  SealedBlock(const BlockColumns& columns, BlockEncoder& encoder);
  /// Bytes that are a whole block already.
  SealedBlock(std::vector<std::uint32_t> series, Bytes bytes, std::int64_t first_ms, std::int64_t last_ms,
              std::uint64_t samples)
      : first_ms_(first_ms),
        last_ms_(last_ms),
        series_(std::move(series)),
        samples_(samples),
        bytes_(std::move(bytes)) {}
  /// A block of a file.
  SealedBlock(std::vector<std::uint32_t> series, Bytes bytes)
      : first_ms_(0), last_ms_(0), series_(std::move(series)), bytes_(std::move(bytes)) {}

  [[nodiscard]] std::int64_t first_ms() const noexcept { return first_ms_; }
  [[nodiscard]] std::int64_t last_ms() const noexcept { return last_ms_; }
  /// Ids of the series in the block.
  [[nodiscard]] const std::vector<std::uint32_t>& series() const noexcept { return series_; }
  [[nodiscard]] std::uint64_t samples() const noexcept { return samples_; }
  /// Memory that the block takes.
  [[nodiscard]] std::size_t memory() const noexcept;
  [[nodiscard]] const Bytes& bytes() const noexcept { return bytes_; }

 private:
  std::int64_t first_ms_;
  std::int64_t last_ms_;
  std::vector<std::uint32_t> series_;
  std::uint64_t samples_ = 0;
  Bytes bytes_;
};

/// Reads series of blocks, and remembers the last blocks: the next series is usually of the same ones.
/// Threads: one.
class SealedBlockReader final {
 public:
  /// False where the block is damaged, or does not have the series. Throws `std::bad_alloc`.
  [[nodiscard]] bool read(const std::shared_ptr<const SealedBlock>& block, std::uint32_t series,
                          std::vector<std::int64_t>& times, SeriesColumns& out);

 private:
  struct Opened {
    std::shared_ptr<const SealedBlock> block;
    BlockReader reader;
  };
  [[nodiscard]] BlockReader* open(const std::shared_ptr<const SealedBlock>& block);

  std::vector<Opened> opened_;
  std::size_t next_ = 0;  ///< to give up for another
};

}  // namespace kymo::KYMO_ABI::history
