// A log gives back each tick bit by bit, or says that it skipped it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <bit>
#include <cstring>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include <kymo/base/crc32c.h>

#include "block_columns.h"
#include "src/history/log_encoder.h"
#include "src/history/log_reader.h"

namespace {

using namespace kymo::history;

/// A tick with memory of its own. Values of absent columns are zeros.
struct OwnTick {
  std::int64_t time_ms = 0;
  std::vector<LogColumn> columns;
  std::vector<std::uint64_t> bits;
  std::vector<std::uint64_t> present;
  std::vector<std::uint32_t> stale;
  std::vector<LogCreated> created;

  OwnTick() = default;
  explicit OwnTick(const LogTick& tick)
      : time_ms(tick.time_ms),
        columns(tick.columns.begin(), tick.columns.end()),
        bits(tick.bits.begin(), tick.bits.end()),
        present(tick.present.begin(), tick.present.end()),
        stale(tick.stale.begin(), tick.stale.end()),
        created(tick.created.begin(), tick.created.end()) {
    forget_absent();
  }
  void forget_absent() {
    for (std::size_t i = 0; i < bits.size(); ++i)
      if ((present[i / 64] >> (i % 64) & 1U) == 0) bits[i] = 0;
  }
  [[nodiscard]] LogTick view() const { return {time_ms, columns, bits, present, stale, created}; }
  friend bool operator==(const OwnTick&, const OwnTick&) = default;
};

/// Some ticks of columns that come and go; values of each shape.
std::vector<OwnTick> draw_ticks(std::size_t count, std::size_t columns) {
  std::vector<LogColumn> all(columns + count / 10);
  std::vector<std::vector<std::uint64_t>> values;
  for (LogColumn& column : all) {
    column.series = static_cast<std::uint32_t>(draw(1000));
    column.part = static_cast<LogPart>(draw(3));
    column.kind = column.part == LogPart::bucket || draw(2) == 0 ? ColumnKind::integer : ColumnKind::real;
    if (column.part == LogPart::bucket) column.bucket = static_cast<std::int32_t>(draw(100)) - 50;
    values.push_back(draw_values(column.kind, count));
  }
  std::vector<OwnTick> ticks(count);
  std::int64_t time = static_cast<std::int64_t>(draw(2'000'000'000'000));
  for (std::size_t t = 0; t < count; ++t) {
    OwnTick& tick = ticks[t];
    tick.time_ms = time += 1 + static_cast<std::int64_t>(draw(2000));
    tick.columns.assign(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(columns + t / 10));
    tick.present.resize(words_for(tick.columns.size()));
    for (std::uint32_t i = 0; i < tick.columns.size(); ++i) {
      tick.bits.push_back(values[i][t]);
      const std::uint64_t fate = draw(50);
      if (fate > 1) tick.present[i / 64] |= std::uint64_t{1} << (i % 64);
      if (fate == 0) tick.stale.push_back(i);
      if (fate == 2) tick.created.push_back({i, tick.time_ms - static_cast<std::int64_t>(draw(100))});
    }
    tick.forget_absent();
  }
  return ticks;
}

struct Read {
  std::vector<OwnTick> ticks;
  std::vector<LogSeries> series;
  std::vector<LogSkipped> skipped;
};

Read read_back(std::span<const std::byte> log) {
  Read read;
  LogReader reader(log);
  while (auto entry = reader.next()) {
    if (const auto* tick = std::get_if<LogTick>(&*entry))
      read.ticks.emplace_back(*tick);
    else if (const auto* skipped = std::get_if<LogSkipped>(&*entry))
      read.skipped.push_back(*skipped);
    else
      for (const LogSeries& one : std::get<std::vector<LogSeries>>(*entry)) read.series.push_back(one);
  }
  return read;
}

Bytes write(const std::vector<OwnTick>& ticks) {
  LogEncoder encoder;
  Bytes log;
  for (const OwnTick& tick : ticks) encoder.append_tick(tick.view(), log);
  return log;
}

RC_GTEST_PROP(Log, GivesBackWhatWasPutIn, ()) {
  const std::vector<OwnTick> ticks = draw_ticks(1 + draw(130), draw(10) == 0 ? 0 : draw(90));
  const Read read = read_back(write(ticks));
  RC_ASSERT(read.skipped.empty());
  RC_ASSERT(read.ticks == ticks);
}

/// 65 ticks with a key frame each 60, and where the record of each begins.
struct Sample {
  std::vector<OwnTick> ticks;
  std::vector<std::size_t> begins;
  Bytes log;
};

Sample sample_log() {
  Sample sample;
  LogEncoder encoder;
  std::uint64_t random = 88172645463325252;
  for (std::uint64_t t = 0; t < 65; ++t) {
    OwnTick tick;
    tick.time_ms = 1'790'000'000'000 + static_cast<std::int64_t>(t) * 1000;
    tick.columns = {{.series = 1, .kind = ColumnKind::integer}, {.series = 2}, {.series = 3}};
    random ^= random << 13U, random ^= random >> 7U, random ^= random << 17U;
    tick.bits = {t * 7, bits_of(static_cast<double>(t) / 8), random};
    tick.present = {0b111};
    sample.begins.push_back(sample.log.size());
    encoder.append_tick(tick.view(), sample.log);
    sample.ticks.push_back(tick);
  }
  return sample;
}

/// No tick is wrong or twice.
void expect_no_wrong_tick(const Read& read, const Sample& sample) {
  std::size_t at = 0;
  for (const OwnTick& tick : read.ticks) {
    while (at < sample.ticks.size() && !(sample.ticks[at] == tick)) ++at;
    ASSERT_LT(at++, sample.ticks.size()) << "a wrong tick";
  }
}

TEST(Log, SkipsAFlippedByteToTheNextKeyFrame) {
  const Sample sample = sample_log();
  for (std::size_t i = 0; i < sample.log.size(); ++i) {
    Bytes damaged = sample.log;
    damaged[i] ^= std::byte{0x10};
    const Read read = read_back(damaged);
    expect_no_wrong_tick(read, sample);
    const auto hit =
        static_cast<std::size_t>(std::ranges::upper_bound(sample.begins, i) - sample.begins.begin()) - 1;
    const std::size_t next_key =
        std::min((hit / LogEncoder::kKeyEvery + 1) * LogEncoder::kKeyEvery, sample.ticks.size());
    ASSERT_EQ(read.ticks.size(), sample.ticks.size() - (next_key - hit)) << i;
    ASSERT_EQ(read.skipped.size(), 1U) << i;
    EXPECT_EQ(read.skipped[0].offset, sample.begins[hit]);
    EXPECT_EQ(read.skipped[0].ticks, next_key - hit - 1);
    EXPECT_FALSE(read.skipped[0].reason.empty());
    EXPECT_EQ(read.skipped[0].is_at_end, next_key == sample.ticks.size());
  }
}

TEST(Log, GivesEachWholeRecordOfACutOne) {
  const Sample sample = sample_log();
  for (std::size_t size = 0; size <= sample.log.size(); ++size) {
    LogReader reader(std::span(sample.log).first(size));
    std::size_t ticks = 0;
    std::optional<LogSkipped> skipped;
    while (auto entry = reader.next()) {
      if (std::holds_alternative<LogTick>(*entry))
        ++ticks;
      else
        skipped = std::get<LogSkipped>(*entry);
    }
    const auto whole =
        static_cast<std::size_t>(std::ranges::upper_bound(sample.begins, size) - sample.begins.begin()) - 1;
    const bool is_whole = size == sample.log.size();
    EXPECT_EQ(ticks, is_whole ? sample.ticks.size() : whole);
    EXPECT_EQ(skipped.has_value(), !is_whole && size != sample.begins[whole]);
    EXPECT_TRUE(!skipped || (skipped->is_at_end && skipped->offset == sample.begins[whole]));
  }
}

// A record that is missing as a whole leaves good checksums around it.
TEST(Log, KnowsThatARecordIsMissing) {
  const Sample sample = sample_log();
  Bytes log = sample.log;
  log.erase(log.begin() + static_cast<std::ptrdiff_t>(sample.begins[10]),
            log.begin() + static_cast<std::ptrdiff_t>(sample.begins[11]));
  const Read read = read_back(log);
  expect_no_wrong_tick(read, sample);
  EXPECT_EQ(read.ticks.size(), 10U + 5);
  ASSERT_EQ(read.skipped.size(), 1U);
  EXPECT_EQ(read.skipped[0].ticks, 49U);
}

TEST(Log, HoldsWhatSeriesAre) {
  const std::vector<LogSeries> series = {{.series = 7, .labels = std::string("\x01\x00x", 3)},
                                         {.series = 0xffffffff, .labels = "", .bounds = {0.5, 1}}};
  Bytes log;
  LogEncoder::append_series(series, log);
  const Read read = read_back(log);
  EXPECT_EQ(read.series, series);
  EXPECT_TRUE(read.skipped.empty());
}

TEST(Log, BeginsAnewWhereItIsTold) {
  const Sample sample = sample_log();
  LogEncoder encoder;
  Bytes first;
  Bytes second;
  encoder.append_tick(sample.ticks[0].view(), first);
  EXPECT_FALSE(encoder.is_key_next());
  encoder.begin_anew();
  EXPECT_TRUE(encoder.is_key_next());
  encoder.append_tick(sample.ticks[1].view(), second);
  EXPECT_EQ(read_back(second).ticks.size(), 1U);
  // Fewer columns are no continuation.
  OwnTick fewer = sample.ticks[2];
  fewer.columns.pop_back();
  fewer.bits.pop_back();
  fewer.present = {0b11};
  second.clear();
  encoder.append_tick(fewer.view(), second);
  EXPECT_EQ(read_back(second).ticks, std::vector<OwnTick>{fewer});
}

// The checksum finds damage. Bytes that were made to have a good one meet the reader itself.
TEST(Log, WithGoodChecksumsAndAFlippedByteIsReadOrSkipped) {
  const Sample sample = sample_log();
  const Bytes log(sample.log.begin(), sample.log.begin() + static_cast<std::ptrdiff_t>(sample.begins[3]));
  for (std::size_t i = kRecordLengthAt; i < log.size(); ++i) {
    for (const unsigned flip : {0x01U, 0x04U, 0x80U, 0xffU}) {
      Bytes changed = log;
      changed[i] ^= static_cast<std::byte>(flip);
      for (std::size_t k = 0; k < 3; ++k) {
        const auto record =
            std::span(changed).subspan(sample.begins[k], sample.begins[k + 1] - sample.begins[k]);
        const std::uint32_t checksum = kymo::base::crc32c(record.subspan(kRecordLengthAt));
        std::memcpy(&record[kRecordChecksumAt], &checksum, sizeof checksum);
      }
      (void)read_back(changed);
    }
  }
}

// Version 1 is read for ever.
TEST(Log, OfVersion1IsRead) {
  const std::string path = KYMO_GOLDEN "/log_1";
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  ASSERT_FALSE(text.empty()) << path;
  const Sample sample = sample_log();
  const Read read = read_back(std::as_bytes(std::span(text)));
  EXPECT_TRUE(read.skipped.empty());
  EXPECT_EQ(read.ticks, std::vector<OwnTick>(sample.ticks.begin(), sample.ticks.begin() + 5));
}

}  // namespace
