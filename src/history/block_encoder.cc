#include <algorithm>
#include <bit>
#include <stdexcept>
#include <string>

#include <kymo/base/crc32c.h>

#include "block.h"
#include "block_layout.h"

namespace kymo::KYMO_ABI::history {
namespace {

[[noreturn]] void refuse(const std::string& why) {
  throw std::invalid_argument("cannot encode a block of history: " + why);
}

std::size_t columns_of(const SeriesColumns& series) {
  return 1 + (series.histogram ? series.histogram->buckets.size() : 0);
}

void check(const BlockColumns& block) {
  if (const char* fault = fault_of(block)) refuse(fault);
  if (block.times_ms.size() > kMostTicks) refuse("more than " + std::to_string(kMostTicks) + " ticks");
  if (block.series.size() > kMostSeries) refuse("more than " + std::to_string(kMostSeries) + " series");
  for (const SeriesColumns& series : block.series)
    if (columns_of(series) * std::max<std::size_t>(block.times_ms.size(), 1) > kMostValues)
      refuse("more than " + std::to_string(kMostValues) + " values of one series");
}

/// Lengths of runs, the first of ticks with a sample.
void put_presence(const std::vector<std::uint64_t>& present, std::size_t ticks, Bytes& to) {
  bool wanted = true;
  for (std::size_t at = 0; at < ticks; wanted = !wanted) {
    const std::size_t begin = at;
    while (at < ticks && is_set(present, at) == wanted) ++at;
    put_varint(to, at - begin);
  }
}

void put_ascending(const std::vector<std::uint32_t>& numbers, Bytes& to) {
  put_varint(to, numbers.size());
  std::uint32_t next = 0;
  for (const std::uint32_t number : numbers) {
    put_varint(to, number - next);
    next = number + 1;
  }
}

void put_created(const std::vector<Created>& all, std::int64_t from_ms, Bytes& to) {
  put_varint(to, all.size());
  std::uint32_t next = 0;
  for (const Created& created : all) {
    put_varint(to, created.sample - next);
    put_varint(to, zigzag(static_cast<std::uint64_t>(created.time_ms) - static_cast<std::uint64_t>(from_ms)));
    next = created.sample + 1;
  }
}

void put_buckets(const HistogramColumns& histogram, Bytes& to) {
  put_varint(to, histogram.bounds.size());
  for (const double bound : histogram.bounds) put_fixed(to, std::bit_cast<std::uint64_t>(bound));
  put_varint(to, histogram.buckets.size());
  std::int64_t before = 0;
  for (const std::int32_t bucket : histogram.buckets) {
    put_varint(to, zigzag(static_cast<std::uint64_t>(bucket - before)));
    before = bucket;
  }
}

unsigned flags_of(const SeriesColumns& series) {
  return (series.values.kind == ColumnKind::real ? kIsReal : 0U) | (series.present.empty() ? 0U : kHasGaps) |
         (series.stale.empty() ? 0U : kHasStale) | (series.created.empty() ? 0U : kHasCreated) |
         (series.histogram ? kIsHistogram : 0U);
}

}  // namespace

Bytes encode_block(const BlockColumns& block) { return BlockEncoder().encode(block); }

Bytes BlockEncoder::encode(const BlockColumns& block) {
  check(block);
  head_.clear();
  for (Bytes& stream : streams_) stream.clear();

  const std::size_t ticks = block.times_ms.size();
  put_varint(head_, ticks);
  put_varint(head_, block.series.size());
  const std::vector<std::uint64_t> times(block.times_ms.begin(), block.times_ms.end());
  put_code(columns_.encode(ColumnKind::integer, times, streams_), head_);
  if (ticks > 0) {
    put_varint(head_, zigzag(times.front()));
    put_varint(head_, times.back() - times.front());
  }
  std::uint32_t id_before = 0;
  const std::int64_t from_ms = ticks > 0 ? block.times_ms.front() : 0;
  for (const SeriesColumns& series : block.series) {
    put_varint(head_, zigzag(std::uint64_t{series.series} - id_before));
    put_byte(head_, flags_of(series));
    if (!series.present.empty()) put_presence(series.present, ticks, head_);
    if (!series.stale.empty()) put_ascending(series.stale, head_);
    if (!series.created.empty()) put_created(series.created, from_ms, head_);
    if (series.histogram) put_buckets(*series.histogram, head_);
    const ColumnCode values = columns_.encode(series.values.kind, series.values.bits, streams_);
    put_code(values, head_);
    if (series.histogram)
      for (const auto& counts : series.histogram->counts)
        put_code(columns_.encode(ColumnKind::integer, counts, streams_), head_);
    put_summary(summarize(series, series.values.bits.size()), values.digits, head_);
    id_before = series.series;
  }
  return assemble();
}

Bytes BlockEncoder::assemble() {
  if (head_.size() > kMostHeadBytes)
    refuse("its head is longer than " + std::to_string(kMostHeadBytes) + " bytes");
  for (const Bytes& stream : streams_)
    if (stream.size() > kMostStreamBytes)
      refuse("its streams are longer than " + std::to_string(kMostStreamBytes) + " bytes");
  Bytes body;
  Bytes lengths;
  put_varint(lengths, head_.size());
  put_varint(lengths, compressor_.append(head_, body));
  for (const Bytes& stream : streams_) put_varint(lengths, compressor_.append(stream, body));

  Bytes block;
  block.reserve(kBlockBeginning + lengths.size() + body.size());
  put_fixed(block, kBlockMagic);
  put_fixed(block, std::uint32_t{0});  // the checksum, below
  put_fixed(block, static_cast<std::uint32_t>(kBlockBeginning + lengths.size() + body.size()));
  put_fixed(block, std::uint32_t{kBlockVersion});
  append(block, lengths);
  append(block, body);
  if (block.size() > kMostBlockBytes)
    refuse("it is longer than " + std::to_string(kMostBlockBytes) + " bytes");
  set_checksum(block);
  return block;
}

}  // namespace kymo::KYMO_ABI::history
