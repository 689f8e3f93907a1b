// A block gives back what was put in, bit by bit, or nothing.
#include "src/history/block.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <fstream>
#include <iterator>
#include <span>
#include <stdexcept>
#include <string>

#include "block_columns.h"
#include "src/history/block_layout.h"

namespace {

using namespace kymo::history;

std::optional<BlockColumns> read_back(std::span<const std::byte> bytes, std::string& error) {
  auto reader = BlockReader::open(bytes, error);
  BlockColumns block;
  if (!reader || !reader->read_all(block)) return std::nullopt;
  return block;
}

std::optional<BlockColumns> read_back(std::span<const std::byte> bytes) {
  std::string error;
  return read_back(bytes, error);
}

void expect_same_summary(const SeriesSummary& read, const SeriesColumns& series) {
  const SeriesSummary expected = summarize(series, series.values.bits.size());
  RC_ASSERT(read.series == expected.series);
  RC_ASSERT(read.kind == expected.kind);
  RC_ASSERT(read.is_histogram == expected.is_histogram);
  RC_ASSERT(read.count == expected.count);
  RC_ASSERT(read.resets == expected.resets);
  RC_ASSERT(bits_of(read.sum) == bits_of(expected.sum));
  RC_ASSERT(read.min == expected.min && read.max == expected.max);
  RC_ASSERT(read.first == expected.first && read.last == expected.last);
  RC_ASSERT(read.bounds == expected.bounds && read.buckets == expected.buckets);
  RC_ASSERT(read.growth == expected.growth);
}

RC_GTEST_PROP(Block, GivesBackWhatWasPutIn, ()) {
  const std::size_t ticks = *rc::gen::element<std::size_t>(0, 1, 2, 3, 63, 64, 65, 130, 600);
  const BlockColumns block = draw_block(ticks, draw(ticks > 100 ? 3 : 6));
  const Bytes bytes = encode_block(block);
  std::string error;
  auto reader = BlockReader::open(bytes, error);
  RC_ASSERT(reader.has_value());
  BlockColumns back;
  RC_ASSERT(reader->read_all(back));
  RC_ASSERT(back == block);
  for (std::size_t i = 0; i < block.series.size(); ++i)
    expect_same_summary(reader->summaries()[i], block.series[i]);
}

RC_GTEST_PROP(Block, ReadsOneSeriesAlone, ()) {
  const BlockColumns block = draw_block(70, 5);
  const Bytes bytes = encode_block(block);
  std::string error;
  SeriesColumns series;
  for (const std::size_t i : {4U, 0U, 2U}) {
    auto reader = BlockReader::open(bytes, error);
    RC_ASSERT(reader->read_series(i, series));
    RC_ASSERT(series == block.series[i]);
  }
}

/// One series of each kind, small, with gaps, resets and odd values.
BlockColumns small_block() {
  BlockColumns block;
  for (std::int64_t i = 0; i < 20; ++i) block.times_ms.push_back(1'790'000'000'000 + i * 1000 + i % 3);
  SeriesColumns counter{.series = 3};
  counter.values.kind = ColumnKind::integer;
  counter.created = {{.sample = 0, .time_ms = 1'790'000'000'000},
                     {.sample = 12, .time_ms = 1'790'000'012'000}};
  SeriesColumns gauge{.series = 7};
  gauge.present = {0b0111'1111'1100'1111'1111};
  gauge.stale = {8, 19};
  SeriesColumns noise{.series = 4};
  SeriesColumns latency{.series = 0xffffffff};
  HistogramColumns& histogram = latency.histogram.emplace();
  histogram = {.bounds = {0.005, 0.25}, .buckets = {0, 1, 2}, .counts = {{}, {}, {}}};
  std::uint64_t random = 88172645463325252;
  for (std::uint64_t i = 0; i < 20; ++i) {
    counter.values.bits.push_back(i < 12 ? i * 37 + i % 5 : (i - 12) * 40);
    if ((gauge.present[0] >> i & 1U) != 0)
      gauge.values.bits.push_back(bits_of(i == 5 ? -0.0 : static_cast<double>(i) / 10));
    random ^= random << 13U, random ^= random >> 7U, random ^= random << 17U;
    noise.values.bits.push_back(random);
    latency.values.bits.push_back(bits_of(static_cast<double>(i * i) * 1e-3));
    for (std::uint64_t bucket = 0; bucket < 3; ++bucket) histogram.counts[bucket].push_back(i * (3 - bucket));
  }
  block.series = {counter, gauge, noise, latency};
  return block;
}

TEST(Block, IsRefusedWithEachByteFlipped) {
  const Bytes bytes = encode_block(small_block());
  ASSERT_TRUE(read_back(bytes) == small_block());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (const unsigned flip : {0x01U, 0x80U, 0xffU}) {
      Bytes damaged = bytes;
      damaged[i] ^= static_cast<std::byte>(flip);
      std::string error;
      EXPECT_FALSE(read_back(damaged, error).has_value()) << i;
      EXPECT_FALSE(error.empty()) << i;
    }
  }
}

TEST(Block, IsRefusedAtEachOtherLength) {
  Bytes bytes = encode_block(small_block());
  std::string error;
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(read_back(std::span(bytes).first(size)).has_value());
  bytes.push_back({});
  EXPECT_FALSE(read_back(bytes, error).has_value());
  EXPECT_THAT(error, testing::HasSubstr("bytes; there are"));
}

// The checksum finds damage. Bytes that were made to have a good one meet the reader itself.
TEST(Block, WithAGoodChecksumAndAFlippedByteIsReadOrRefused) {
  const Bytes bytes = encode_block(small_block());
  for (std::size_t i = kChecksummedFrom; i < bytes.size(); ++i) {
    for (const unsigned flip : {0x01U, 0x02U, 0x10U, 0x80U, 0xffU}) {
      Bytes changed = bytes;
      changed[i] ^= static_cast<std::byte>(flip);
      set_checksum(changed);
      (void)read_back(changed);
    }
  }
}

TEST(Block, SaysItsLength) {
  const Bytes bytes = encode_block(small_block());
  EXPECT_EQ(BlockReader::size_of(std::span(bytes).first(kBlockBeginning)), bytes.size());
  EXPECT_EQ(BlockReader::size_of(std::span(bytes).first(kBlockBeginning - 5)), std::nullopt);
  EXPECT_EQ(BlockReader::size_of(std::span(bytes).subspan(1)), std::nullopt);
}

TEST(Block, OfAnotherVersionSaysSo) {
  Bytes bytes = encode_block(small_block());
  bytes[12] = std::byte{kBlockVersion + 1};
  set_checksum(bytes);
  std::string error;
  EXPECT_FALSE(BlockReader::open(bytes, error).has_value());
  EXPECT_EQ(error, "the block has version 2; this kymo reads version 1");
}

TEST(Block, ThatBreaksARuleIsNotWritten) {
  BlockColumns block = small_block();
  block.series[0].values.bits.pop_back();
  EXPECT_THROW((void)encode_block(block), std::invalid_argument);
  block = {.times_ms = {}, .series = std::vector<SeriesColumns>(kMostSeries + 1)};
  EXPECT_THROW((void)encode_block(block), std::invalid_argument);
}

TEST(Block, SummaryHasWhatTiersNeed) {
  const Bytes bytes = encode_block(small_block());
  std::string error;
  const auto reader = BlockReader::open(bytes, error);
  ASSERT_TRUE(reader.has_value());
  EXPECT_EQ(reader->ticks(), 20U);
  EXPECT_EQ(reader->first_time_ms(), 1'790'000'000'000);
  EXPECT_EQ(reader->last_time_ms(), 1'790'000'019'001);
  const SeriesSummary& counter = reader->summaries()[0];
  EXPECT_EQ(counter.count, 20U);
  EXPECT_EQ(counter.resets, 1U);
  EXPECT_EQ(counter.max, 408U);
  EXPECT_EQ(counter.last, 280U);
  const SeriesSummary& latency = reader->summaries()[3];
  EXPECT_EQ(latency.growth[0], (BucketSummary{.first = 0, .last = 57, .growth = 57}));
  EXPECT_EQ(latency.resets, 0U);
}

TEST(Block, SummaryLeavesNaNOutOfTheRange) {
  SeriesColumns series;
  series.values.bits = {bits_of(std::nan("")), bits_of(3), bits_of(-2), bits_of(std::nan(""))};
  const SeriesSummary summary = summarize(series, 4);
  EXPECT_EQ(summary.min, bits_of(-2));
  EXPECT_EQ(summary.max, bits_of(3));
  EXPECT_TRUE(std::isnan(summary.sum));
  EXPECT_EQ(summary.resets, 1U);
}

// Version 1 is read for ever.
TEST(Block, OfVersion1IsRead) {
  const std::string path = KYMO_GOLDEN "/block_1";
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  ASSERT_FALSE(text.empty()) << path;
  EXPECT_TRUE(read_back(std::as_bytes(std::span(text))) == small_block());
}

}  // namespace
