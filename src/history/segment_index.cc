#include "segment_index.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <utility>

#include <kymo/base/crc32c.h>

#include "block.h"
#include "block_layout.h"
#include "record.h"

namespace kymo::KYMO_ABI::history {
namespace {

// The trailer: magic, checksum of what follows it, and the offset of the footer.
constexpr std::uint32_t kTrailerMagic = 0x466d796b;  // "kymF"

std::size_t hash_of(std::span<const std::uint32_t> ids) {
  return std::hash<std::string_view>()(
      {reinterpret_cast<const char*>(ids.data()), ids.size() * sizeof(std::uint32_t)});
}

/// Adds the blocks of an index record. False where its body is malformed.
bool read_index(std::span<const std::byte> body, SegmentIndex& index) {
  Bytes bytes;
  if (!read_compressed(body, bytes)) return false;
  ByteReader from(bytes);
  std::vector<std::uint32_t> lists(from.size(from.left()));
  std::vector<std::uint32_t> ids;
  for (std::uint32_t& list : lists) {
    ids.resize(from.size(std::min(from.left(), kMostSeries)));
    std::uint32_t before = 0;
    for (std::uint32_t& id : ids) id = before = static_cast<std::uint32_t>(before + from.zigzag_varint());
    if (from.failed()) return false;
    list = index.list_of(ids);
  }
  const std::size_t count = from.size(from.left());
  std::uint64_t offset = 0;
  std::int64_t time = 0;
  for (std::size_t i = 0; i < count && !from.failed(); ++i) {
    BlockPlace block;
    block.offset = offset + from.varint();
    block.size = static_cast<std::uint32_t>(from.size(kMostBlockBytes));
    block.samples = static_cast<std::uint32_t>(from.size(kMostTicks * kMostSeries));
    const std::uint64_t first = static_cast<std::uint64_t>(time) + from.zigzag_varint();
    block.first_ms = static_cast<std::int64_t>(first);
    block.last_ms = static_cast<std::int64_t>(first + from.varint());
    const std::size_t list = from.size(lists.size());
    if (from.failed() || list >= lists.size() || block.last_ms < block.first_ms) return false;
    block.list = lists[list];
    index.blocks.push_back(block);
    offset = block.offset + block.size;
    time = block.first_ms;
  }
  return !from.failed() && from.left() == 0;
}

/// Reads one record of a footer or body. False where it is malformed.
bool read_part(const Record& record, SegmentIndex& index) {
  if (record.kind == RecordKind::index) return read_index(record.body, index);
  if (record.kind != RecordKind::names) return false;
  auto names = read_names(record.body);
  if (!names) return false;
  index.names.insert(index.names.end(), std::make_move_iterator(names->begin()),
                     std::make_move_iterator(names->end()));
  return true;
}

/// Names and blocks stand in a segment more than once.
void remove_repeated(SegmentIndex& index) {
  std::ranges::stable_sort(index.names, {}, &LogSeries::series);
  const auto names = std::ranges::unique(index.names, {}, &LogSeries::series);
  index.names.erase(names.begin(), names.end());
  std::ranges::stable_sort(index.blocks, {}, &BlockPlace::offset);
  const auto blocks = std::ranges::unique(index.blocks, {}, &BlockPlace::offset);
  index.blocks.erase(blocks.begin(), blocks.end());
}

/// The sizes of the whole block or record at the beginning of these bytes; 0: none begins here.
std::size_t whole_block(std::span<const std::byte> bytes) {
  const auto size = BlockReader::size_of(bytes.first(std::min(bytes.size(), kBlockBeginning)));
  if (!size || *size > bytes.size()) return 0;
  const auto block = bytes.first(*size);
  std::uint32_t checksum = 0;
  std::memcpy(&checksum, block.data() + kChecksumAt, sizeof checksum);
  return in_file_order(checksum) == checksum_of(block) ? *size : 0;
}
std::size_t whole_record(std::span<const std::byte> bytes) {
  std::string ignored;
  const auto record = read_record(bytes, ignored);
  return record ? record->size : 0;
}

/// The index entry of a block whose checksum is right; nothing where its head is malformed.
std::optional<BlockPlace> place_of(std::span<const std::byte> block, std::uint64_t offset,
                                   SegmentIndex& index) {
  std::string error;
  const auto reader = BlockReader::open(block, error, Checksum::skip);
  if (!reader || reader->last_time_ms() < reader->first_time_ms()) return std::nullopt;
  BlockPlace place{.offset = offset,
                   .size = static_cast<std::uint32_t>(block.size()),
                   .first_ms = reader->first_time_ms(),
                   .last_ms = reader->last_time_ms()};
  std::vector<std::uint32_t> ids;
  for (const SeriesSummary& summary : reader->summaries()) {
    ids.push_back(summary.series);
    place.samples += summary.count;
  }
  place.list = index.list_of(ids);
  return place;
}

/// The next place from `at` on where a block or record begins, or the end.
std::size_t next_whole(std::span<const std::byte> segment, std::size_t at) {
  constexpr std::array kMagic = {std::byte{'k'}, std::byte{'y'}, std::byte{'m'}};
  for (;; ++at) {
    const auto found = std::search(segment.begin() + static_cast<std::ptrdiff_t>(at), segment.end(),
                                   kMagic.begin(), kMagic.end());
    at = static_cast<std::size_t>(found - segment.begin());
    if (at == segment.size()) return at;
    const auto rest = segment.subspan(at);
    if (whole_block(rest) != 0 || whole_record(rest) != 0) return at;
    if (rest.size() == kTrailerBytes && footer_offset(rest, segment.size())) return at;
  }
}

}  // namespace

std::uint32_t SegmentIndex::list_of(std::span<const std::uint32_t> ids) {
  const std::size_t hash = hash_of(ids);
  const auto [begin, end] = by_hash_.equal_range(hash);
  for (auto known = begin; known != end; ++known) {
    if (std::ranges::equal(lists[known->second], ids)) return known->second;
  }
  const auto number = static_cast<std::uint32_t>(lists.size());
  by_hash_.emplace(hash, number);
  lists.emplace_back(ids.begin(), ids.end());
  return number;
}

void put_index(const SegmentIndex& index, std::size_t first_block, Bytes& to) {
  const auto blocks = std::span(index.blocks).subspan(first_block);
  std::map<std::uint32_t, std::uint32_t> lists;
  for (const BlockPlace& block : blocks) lists.emplace(block.list, 0);
  Bytes body;
  put_varint(body, lists.size());
  std::uint32_t number = 0;
  for (auto& [list, place] : lists) {
    place = number++;
    put_varint(body, index.lists[list].size());
    std::uint32_t before = 0;
    for (const std::uint32_t id : index.lists[list]) {
      put_varint(body, zigzag(std::uint64_t{id} - before));
      before = id;
    }
  }
  put_varint(body, blocks.size());
  std::uint64_t offset = 0;
  std::int64_t time = 0;
  for (const BlockPlace& block : blocks) {
    put_varint(body, block.offset - offset);
    put_varint(body, block.size);
    put_varint(body, block.samples);
    put_varint(body, zigzag(static_cast<std::uint64_t>(block.first_ms) - static_cast<std::uint64_t>(time)));
    put_varint(body, static_cast<std::uint64_t>(block.last_ms) - static_cast<std::uint64_t>(block.first_ms));
    put_varint(body, lists[block.list]);
    offset = block.offset + block.size;
    time = block.first_ms;
  }
  const std::size_t at = begin_record(RecordKind::index, to);
  put_varint(to, body.size());
  Compressor().append(body, to);
  (void)end_record(at, to);
}

void put_footer(const SegmentIndex& index, std::uint64_t offset, NamesEncoder& names, Bytes& to) {
  names.append(index.names, to);
  put_index(index, 0, to);
  Bytes place;
  put_fixed(place, offset);
  put_fixed(to, kTrailerMagic);
  put_fixed(to, base::crc32c(place));
  append(to, place);
}

std::optional<std::uint64_t> footer_offset(std::span<const std::byte> trailer, std::uint64_t size) {
  ByteReader from(trailer);
  const auto magic = from.fixed<std::uint32_t>();
  const auto checksum = from.fixed<std::uint32_t>();
  const auto offset = from.fixed<std::uint64_t>();
  if (from.failed() || magic != kTrailerMagic || checksum != base::crc32c(trailer.subspan(8)) ||
      size < kTrailerBytes || offset > size - kTrailerBytes)
    return std::nullopt;
  return offset;
}

std::optional<SegmentIndex> read_footer(std::span<const std::byte> footer) {
  SegmentIndex index;
  std::string reason;
  while (!footer.empty()) {
    const auto record = read_record(footer, reason);
    if (!record || !read_part(*record, index)) return std::nullopt;
    footer = footer.subspan(record->size);
    if (record->kind == RecordKind::index && !footer.empty()) return std::nullopt;
    if (footer.empty() && record->kind != RecordKind::index) return std::nullopt;
  }
  return index;
}

SegmentIndex scan_segment(std::span<const std::byte> segment, std::vector<SegmentDamage>& damage) {
  SegmentIndex index;
  std::vector<std::pair<std::size_t, std::size_t>> found;  // offset and size of whole blocks
  std::string reason;
  const auto skip = [&](std::size_t at, std::size_t to, std::string why) {
    damage.push_back({.offset = at, .bytes = to - at, .reason = std::move(why)});
  };
  for (std::size_t at = 0; at < segment.size();) {
    const auto rest = segment.subspan(at);
    if (const std::size_t size = whole_block(rest); size != 0) {
      found.emplace_back(at, size);
      at += size;
    } else if (const auto record = read_record(rest, reason)) {
      if (!read_part(*record, index)) skip(at, at + record->size, "the record is malformed");
      at += record->size;
    } else if (rest.size() == kTrailerBytes && footer_offset(rest, segment.size())) {
      break;
    } else {
      const bool is_block =
          BlockReader::size_of(rest.first(std::min(rest.size(), kBlockBeginning))).has_value();
      const std::size_t next = next_whole(segment, at + 1);
      skip(at, next, is_block ? "the block is damaged or cut off" : reason);
      at = next;
    }
  }
  remove_repeated(index);
  std::vector<BlockPlace> unlisted;
  for (const auto& [offset, size] : found) {
    const auto known = std::ranges::lower_bound(index.blocks, offset, {}, &BlockPlace::offset);
    if (known != index.blocks.end() && known->offset == offset && known->size == size) continue;
    if (const auto place = place_of(segment.subspan(offset, size), offset, index)) {
      unlisted.push_back(*place);
    } else {
      skip(offset, offset + size, "the head of the block is malformed");
    }
  }
  index.blocks.insert(index.blocks.begin(), unlisted.begin(), unlisted.end());
  remove_repeated(index);
  return index;
}

}  // namespace kymo::KYMO_ABI::history
