// A block of history: whatever the bytes, the reader does not crash. A block that it takes encodes to one
// that reads the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <utility>

#include "history/block.h"
#include "history/block_layout.h"

namespace {

using namespace kymo::history;

// Time and memory of a fuzzer. A hostile block may hold constant columns of more values in few bytes.
constexpr std::size_t kMostValuesHere = std::size_t{1} << 20U;

void require(bool holds) {
  if (!holds) std::abort();
}

std::size_t values_in(const BlockReader& reader) {
  std::size_t values = reader.ticks();
  for (const SeriesSummary& summary : reader.summaries())
    values += summary.count * (1 + summary.buckets.size());
  return values;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = std::as_bytes(std::span(data, size));
  Bytes bytes(input.begin(), input.end());
  std::string error;
  if (bytes.size() >= kBlockBeginning) {
    // Lets the bytes meet the reader itself, not its checks.
    const std::uint32_t length = in_file_order(static_cast<std::uint32_t>(size));
    std::memcpy(&bytes[kChecksummedFrom], &length, sizeof length);
    set_checksum(bytes);
  }
  auto reader = BlockReader::open(bytes, error);
  require(reader.has_value() != !error.empty());
  if (!reader || values_in(*reader) > kMostValuesHere) return 0;
  BlockColumns block;
  if (!reader->read_all(block)) return 0;
  const Bytes again = encode_block(block);
  auto second = BlockReader::open(again, error);
  BlockColumns same;
  require(second.has_value() && second->read_all(same) && same.times_ms == block.times_ms);
  for (std::size_t i = 0; i < block.series.size(); ++i) {
    // Bounds that are NaN equal nothing.
    if (block.series[i].histogram) block.series[i].histogram->bounds.clear();
    if (same.series[i].histogram) same.series[i].histogram->bounds.clear();
    require(same.series[i] == block.series[i]);
  }
  return 0;
}
