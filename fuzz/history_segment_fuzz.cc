// A segment of history: whatever the bytes, no reader crashes, and damage lies within the segment.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include <kymo/base/crc32c.h>

#include "history/block.h"
#include "history/block_layout.h"
#include "history/record.h"
#include "history/segment_index.h"

namespace {

using namespace kymo::history;

void require(bool holds) {
  if (!holds) std::abort();
}

/// Lets blocks and records meet their readers, not only the check of their sums.
void set_checksums(Bytes& segment) {
  for (std::size_t at = 0; segment.size() - at >= kRecordBeginning;) {
    const auto rest = std::span(segment).subspan(at);
    std::uint32_t magic = 0;
    std::uint32_t length = 0;
    std::memcpy(&magic, rest.data(), sizeof magic);
    std::memcpy(&length, &rest[kRecordLengthAt], sizeof length);
    magic = in_file_order(magic);
    length = in_file_order(length);
    if ((magic != kRecordMagic && magic != kBlockMagic) || length < kRecordBeginning || length > rest.size())
      return;
    set_checksum(rest.first(length));
    at += length;
  }
}

void read(std::span<const std::byte> segment) {
  std::vector<SegmentDamage> damage;
  const SegmentIndex index = scan_segment(segment, damage);
  for (const SegmentDamage& one : damage)
    require(one.bytes > 0 && one.offset + one.bytes <= segment.size() && !one.reason.empty());
  for (const BlockPlace& block : index.blocks)
    require(block.list < index.lists.size() && block.first_ms <= block.last_ms);
  require(std::ranges::is_sorted(index.blocks, {}, &BlockPlace::offset));
  (void)read_footer(segment);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = std::as_bytes(std::span(data, size));
  read(input);
  Bytes segment(input.begin(), input.end());
  set_checksums(segment);
  read(segment);
  return 0;
}
