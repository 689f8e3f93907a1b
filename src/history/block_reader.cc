#include <algorithm>
#include <bit>
#include <limits>

#include "block.h"
#include "block_layout.h"

namespace kymo::KYMO_ABI::history {
namespace {

std::vector<std::uint64_t> read_presence(ByteReader& from, std::size_t ticks) {
  std::vector<std::uint64_t> present((ticks + 63) / 64);
  bool is_present = true;
  for (std::size_t at = 0; at < ticks && !from.failed(); is_present = !is_present) {
    const std::size_t run = from.size(ticks - at);
    if (run == 0 && at > 0) from.fail();
    if (is_present)
      for (std::size_t tick = at; tick < at + run; ++tick)
        present[tick / 64] |= std::uint64_t{1} << (tick % 64);
    at += run;
  }
  return present;
}

std::vector<std::uint32_t> read_ascending(ByteReader& from, std::size_t below) {
  const std::size_t count = from.size(below);
  std::vector<std::uint32_t> numbers;
  std::size_t next = 0;
  for (std::size_t i = 0; i < count && !from.failed(); ++i) {
    next += from.size(below);
    if (next >= below) from.fail();
    numbers.push_back(static_cast<std::uint32_t>(next++));
  }
  return numbers;
}

std::vector<Created> read_created(ByteReader& from, std::size_t samples, std::int64_t from_ms) {
  const std::size_t count = from.size(samples);
  std::vector<Created> all;
  std::size_t next = 0;
  for (std::size_t i = 0; i < count && !from.failed(); ++i) {
    next += from.size(samples);
    const std::uint64_t time = static_cast<std::uint64_t>(from_ms) + from.zigzag_varint();
    if (next >= samples) from.fail();
    all.push_back({static_cast<std::uint32_t>(next++), static_cast<std::int64_t>(time)});
  }
  return all;
}

void read_buckets(SeriesSummary& summary, ByteReader& from, std::size_t ticks) {
  const std::size_t bounds = from.size(from.left() / sizeof(double));
  for (std::size_t i = 0; i < bounds && !from.failed(); ++i)
    summary.bounds.push_back(std::bit_cast<double>(from.fixed<std::uint64_t>()));
  const std::size_t buckets = from.size(std::min(from.left(), kMostValues / std::max<std::size_t>(ticks, 1)));
  std::int64_t before = 0;
  for (std::size_t i = 0; i < buckets && !from.failed(); ++i) {
    const auto step = static_cast<std::int64_t>(from.zigzag_varint());
    constexpr std::int64_t kMostStep = std::int64_t{1} << 32;
    if (step > kMostStep || step < -kMostStep || (i > 0 && step <= 0)) return from.fail();
    before += step;
    if (before != static_cast<std::int32_t>(before)) return from.fail();
    summary.buckets.push_back(static_cast<std::int32_t>(before));
  }
}

}  // namespace

std::optional<std::size_t> BlockReader::size_of(std::span<const std::byte> beginning) {
  ByteReader from(beginning);
  if (from.fixed<std::uint32_t>() != kBlockMagic) return std::nullopt;
  (void)from.fixed<std::uint32_t>();  // the checksum
  const std::size_t size = from.fixed<std::uint32_t>();
  if (from.failed() || size < kBlockBeginning || size > kMostBlockBytes) return std::nullopt;
  return size;
}

std::optional<BlockReader> BlockReader::open(std::span<const std::byte> bytes, std::string& error,
                                             Checksum checksum) {
  BlockReader reader;
  if (!reader.read_beginning(bytes, error, checksum)) return std::nullopt;
  return reader;
}

bool BlockReader::read_beginning(std::span<const std::byte> bytes, std::string& error, Checksum checksum) {
  const auto refuse = [&error](std::string why) {
    error = std::move(why);
    return false;
  };
  const auto size = size_of(bytes);
  if (!size) return refuse("these bytes do not begin a block");
  if (*size != bytes.size())
    return refuse("the block says it has " + std::to_string(*size) + " bytes; there are " +
                  std::to_string(bytes.size()));
  ByteReader from(bytes.subspan(kChecksumAt));
  const auto expected = from.fixed<std::uint32_t>();
  if (checksum == Checksum::verify && expected != checksum_of(bytes))
    return refuse("the checksum does not match");
  (void)from.fixed<std::uint32_t>();  // the length
  const auto version = from.fixed<std::uint32_t>();
  if (version != kBlockVersion)
    return refuse("the block has version " + std::to_string(version) + "; this kymo reads version " +
                  std::to_string(kBlockVersion));
  Bytes head(from.size(kMostHeadBytes));
  const std::size_t stored_head = from.size(bytes.size());
  std::array<std::size_t, kStreams> lengths{};
  for (std::size_t& length : lengths) length = from.size(bytes.size());
  const auto head_bytes = from.take(stored_head);
  for (std::size_t i = 0; i < kStreams; ++i) stored_[i] = from.take(lengths[i]);
  if (from.failed() || from.left() != 0) return refuse("the lengths of the block's parts do not add up");
  if (!decompress(head_bytes, head) || !read_head(ByteReader(head))) return refuse("the head is malformed");
  return true;
}

bool BlockReader::read_head(ByteReader head) {
  ticks_ = head.size(kMostTicks);
  const std::size_t count = head.size(kMostSeries);
  times_ = read_code(head, ticks_);
  add_sizes(times_, ticks_, sizes_);
  if (ticks_ > 0) {
    const std::uint64_t first = head.zigzag_varint();
    first_time_ms_ = static_cast<std::int64_t>(first);
    last_time_ms_ = static_cast<std::int64_t>(first + head.varint());
  }
  summaries_.reserve(count);
  places_.reserve(count);
  codes_.reserve(2 * count);
  std::uint32_t id = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (!read_series_head(head, id)) return false;
    id = summaries_.back().series;
  }
  if (std::ranges::any_of(sizes_, [](std::size_t size) { return size > kMostStreamBytes; })) return false;
  return !head.failed() && head.left() == 0;
}

bool BlockReader::read_series_head(ByteReader& head, std::uint32_t id_before) {
  SeriesSummary& summary = summaries_.emplace_back();
  Place& place = places_.emplace_back();
  const std::uint64_t id = id_before + head.zigzag_varint();
  if (id > std::numeric_limits<std::uint32_t>::max()) return false;
  summary.series = static_cast<std::uint32_t>(id);
  const unsigned flags = head.byte();
  if (flags >= kSeriesFlags) return false;
  summary.kind = (flags & kIsReal) != 0 ? ColumnKind::real : ColumnKind::integer;
  summary.is_histogram = (flags & kIsHistogram) != 0;
  std::size_t samples = ticks_;
  if ((flags & kHasGaps) != 0) {
    place.present = read_presence(head, ticks_);
    samples = samples_of(place.present, ticks_);
  }
  summary.count = static_cast<std::uint32_t>(samples);
  if ((flags & kHasStale) != 0) place.stale = read_ascending(head, ticks_);
  if ((flags & kHasCreated) != 0) place.created = read_created(head, samples, first_time_ms_);
  if (summary.is_histogram) read_buckets(summary, head, ticks_);
  place.begin = sizes_;
  place.first_code = codes_.size();
  for (std::size_t i = 0; i <= summary.buckets.size() && !head.failed(); ++i) {
    codes_.push_back(read_code(head, samples));
    add_sizes(codes_.back(), samples, sizes_);
  }
  if (head.failed()) return false;
  read_summary(summary, codes_[place.first_code].digits, head);
  return !head.failed();
}

bool BlockReader::decompress_stream(std::size_t stream) {
  Bytes& bytes = streams_[stream];
  if (bytes.size() == sizes_[stream]) return true;
  // zstd makes one byte of at most some hundred thousand; a stream that says more is none of ours.
  constexpr std::size_t kMostRatio = std::size_t{1} << 18U;
  if (sizes_[stream] / kMostRatio > stored_[stream].size()) return false;
  bytes.resize(sizes_[stream]);
  if (decompress(stored_[stream], bytes)) return true;
  bytes.clear();
  return false;
}

bool BlockReader::decode(const ColumnCode& code, StreamSizes& at, std::span<std::uint64_t> bits) {
  StreamSizes taken{};
  add_sizes(code, bits.size(), taken);
  StreamParts parts;
  for (std::size_t i = 0; i < kStreams; ++i) {
    if (taken[i] == 0) continue;
    if (!decompress_stream(i)) return false;
    parts[i] = std::span<const std::byte>(streams_[i]).subspan(at[i], taken[i]);
    at[i] += taken[i];
  }
  return decode_column(code, parts, bits);
}

bool BlockReader::read_times(std::vector<std::int64_t>& times_ms) {
  std::vector<std::uint64_t> bits(ticks_);
  StreamSizes at{};
  if (!decode(times_, at, bits)) return false;
  times_ms.assign(bits.begin(), bits.end());
  return ticks_ == 0 || (times_ms.front() == first_time_ms_ && times_ms.back() == last_time_ms_);
}

bool BlockReader::read_series(std::size_t position, SeriesColumns& series) {
  const SeriesSummary& summary = summaries_[position];
  const Place& place = places_[position];
  series.series = summary.series;
  series.present = place.present;
  series.stale = place.stale;
  series.created = place.created;
  series.values.kind = summary.kind;
  series.values.bits.resize(summary.count);
  StreamSizes at = place.begin;
  if (!decode(codes_[place.first_code], at, series.values.bits)) return false;
  if (!summary.is_histogram) {
    series.histogram.reset();
    return true;
  }
  if (!series.histogram) series.histogram.emplace();
  HistogramColumns& histogram = *series.histogram;
  histogram.bounds = summary.bounds;
  histogram.buckets = summary.buckets;
  histogram.counts.resize(summary.buckets.size());
  for (std::size_t i = 0; i < summary.buckets.size(); ++i) {
    histogram.counts[i].resize(summary.count);
    if (!decode(codes_[place.first_code + 1 + i], at, histogram.counts[i])) return false;
  }
  return true;
}

bool BlockReader::read_all(BlockColumns& block) {
  if (!read_times(block.times_ms)) return false;
  block.series.resize(summaries_.size());
  for (std::size_t i = 0; i < summaries_.size(); ++i)
    if (!read_series(i, block.series[i])) return false;
  return fault_of(block) == nullptr;
}

}  // namespace kymo::KYMO_ABI::history
