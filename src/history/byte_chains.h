#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::history {

/// Memory for many short byte sequences that grow: cells of one size, chained. Cells of an ended chain serve
/// the next one, so a store that lives on needs no fresh memory. Threads: readers at once, or one writer.
class ByteChains final {
 public:
  /// One sequence. Ended by clear(), else its cells are lost until the end of the ByteChains.
  struct Chain {
    std::uint32_t first = kNone;
    std::uint32_t last = kNone;
    std::uint32_t bytes = 0;
  };

  /// Throws `std::bad_alloc`; the chain then stays as it was.
  void append(Chain& chain, std::span<const std::uint8_t> bytes);
  void clear(Chain& chain) noexcept;
  /// Replaces `out` by the chain's bytes and kPadding zeros, which readers of whole words may touch.
  void copy(const Chain& chain, std::vector<std::uint8_t>& out) const;

  /// Bytes of the cells in use.
  [[nodiscard]] std::size_t used_bytes() const noexcept { return used_cells_ * kCellBytes; }

  static constexpr std::size_t kPadding = 8;

 private:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  static constexpr std::size_t kCellBytes = 128;
  static constexpr std::size_t kSlabCells = 512;

  struct Cell {
    std::uint32_t next = kNone;
    std::array<std::uint8_t, kCellBytes - sizeof(std::uint32_t)> bytes{};
  };
  static constexpr std::size_t kRoom = sizeof(Cell::bytes);

  [[nodiscard]] Cell& cell(std::uint32_t index) const noexcept {
    return slabs_[index / kSlabCells][index % kSlabCells];
  }
  void reserve(std::size_t cells);
  std::uint32_t take() noexcept;

  std::vector<std::unique_ptr<Cell[]>> slabs_;
  std::uint32_t free_ = kNone;
  std::size_t free_cells_ = 0;
  std::size_t used_cells_ = 0;
};

}  // namespace kymo::KYMO_ABI::history
