#include "byte_chains.h"

#include <algorithm>

namespace kymo::KYMO_ABI::history {

void ByteChains::reserve(std::size_t cells) {
  while (free_cells_ < cells) {
    auto slab = std::make_unique<Cell[]>(kSlabCells);
    const auto first = static_cast<std::uint32_t>(slabs_.size() * kSlabCells);
    for (std::uint32_t i = 0; i < kSlabCells; ++i) slab[i].next = i + 1 < kSlabCells ? first + i + 1 : free_;
    slabs_.push_back(std::move(slab));
    free_ = first;
    free_cells_ += kSlabCells;
  }
}

std::uint32_t ByteChains::take() noexcept {
  const std::uint32_t taken = free_;
  free_ = cell(taken).next;
  cell(taken).next = kNone;
  --free_cells_;
  ++used_cells_;
  return taken;
}

void ByteChains::append(Chain& chain, std::span<const std::uint8_t> bytes) {
  reserve(bytes.size() / kRoom + 1);
  while (!bytes.empty()) {
    const std::size_t at = chain.bytes % kRoom;
    if (at == 0) {  // the last cell is full, or there is none
      const std::uint32_t fresh = take();
      (chain.last == kNone ? chain.first : cell(chain.last).next) = fresh;
      chain.last = fresh;
    }
    const std::size_t size = std::min(bytes.size(), kRoom - at);
    std::copy_n(bytes.begin(), size, cell(chain.last).bytes.begin() + static_cast<std::ptrdiff_t>(at));
    chain.bytes += static_cast<std::uint32_t>(size);
    bytes = bytes.subspan(size);
  }
}

void ByteChains::clear(Chain& chain) noexcept {
  if (chain.first != kNone) {
    const std::size_t cells = (chain.bytes + kRoom - 1) / kRoom;
    cell(chain.last).next = free_;
    free_ = chain.first;
    free_cells_ += cells;
    used_cells_ -= cells;
  }
  chain = {};
}

void ByteChains::copy(const Chain& chain, std::vector<std::uint8_t>& out) const {
  out.clear();
  out.reserve(chain.bytes + kPadding);
  std::uint32_t at = chain.first;
  for (std::size_t left = chain.bytes; left > 0;) {
    const std::size_t size = std::min(left, kRoom);
    const Cell& one = cell(at);
    out.insert(out.end(), one.bytes.begin(), one.bytes.begin() + static_cast<std::ptrdiff_t>(size));
    left -= size;
    at = one.next;
  }
  out.insert(out.end(), kPadding, 0);
}

}  // namespace kymo::KYMO_ABI::history
