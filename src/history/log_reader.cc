#include "log_reader.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

#include "decimal.h"
#include "names.h"

namespace kymo::KYMO_ABI::history {
namespace {

bool read_words(ByteReader& from, std::size_t bits, std::vector<std::uint64_t>& words) {
  words.assign(words_for(bits), 0);
  const auto bytes = from.take((bits + 7) / 8);
  for (std::size_t i = 0; i < bytes.size(); ++i)
    words[i / 8] |= static_cast<std::uint64_t>(bytes[i]) << (8 * (i % 8));
  if (bits % 64 != 0 && words.back() >> (bits % 64) != 0) from.fail();
  return !from.failed();
}

std::optional<std::vector<LogSeries>> read_series(ByteReader from) {
  const std::size_t count = from.size(from.left());
  std::vector<LogSeries> all;
  for (std::size_t i = 0; i < count && !from.failed(); ++i) {
    LogSeries& series = all.emplace_back();
    series.series = static_cast<std::uint32_t>(from.size(0xffffffff));
    const auto labels = from.take(from.size(from.left()));
    series.labels.assign(reinterpret_cast<const char*>(labels.data()), labels.size());
    const std::size_t bounds = from.size(from.left() / sizeof(double));
    for (std::size_t k = 0; k < bounds; ++k)
      series.bounds.push_back(std::bit_cast<double>(from.fixed<std::uint64_t>()));
  }
  if (from.failed() || from.left() != 0) return std::nullopt;
  return all;
}

}  // namespace

std::optional<LogReader::Entry> LogReader::next() {
  while (at_ < log_.size()) {
    std::string reason;
    const auto record = read_record(log_.subspan(at_), reason);
    if (!record) {
      has_state_ = false;
      skip_damage(std::move(reason));
      continue;
    }
    const bool is_usable = record->kind != RecordKind::tick || (has_state_ && follows(*record));
    if (!is_usable) {
      has_state_ = false;
      skip(record->size, "ticks need a record before them that is damaged");
      ++skipped_->ticks;
      continue;
    }
    if (skipped_) return std::exchange(skipped_, std::nullopt);
    at_ += record->size;
    if (auto entry = read(*record)) return entry;
    at_ -= record->size;
    has_state_ = false;
    skip(record->size, "the record is malformed");
  }
  if (!skipped_) return std::nullopt;
  skipped_->is_at_end = true;
  return std::exchange(skipped_, std::nullopt);
}

bool LogReader::follows(const Record& record) const {
  return ByteReader(record.body).fixed<std::uint32_t>() == checksum_before_;
}

void LogReader::skip(std::size_t bytes, std::string reason) {
  if (!skipped_) skipped_ = LogSkipped{.offset = at_, .reason = std::move(reason)};
  skipped_->bytes += bytes;
  at_ += bytes;
}

/// Skips to the next whole record, or to the end.
void LogReader::skip_damage(std::string reason) {
  std::array<std::byte, sizeof kRecordMagic> magic{};
  const std::uint32_t in_file = in_file_order(kRecordMagic);
  std::memcpy(magic.data(), &in_file, sizeof in_file);
  std::string ignored;
  auto found = log_.begin() + static_cast<std::ptrdiff_t>(at_);
  do found = std::search(found + 1, log_.end(), magic.begin(), magic.end());
  while (found != log_.end() &&
         !read_record(log_.subspan(static_cast<std::size_t>(found - log_.begin())), ignored));
  skip(static_cast<std::size_t>(found - log_.begin()) - at_, std::move(reason));
}

std::optional<LogReader::Entry> LogReader::read(const Record& record) {
  if (record.kind == RecordKind::index) return std::nullopt;
  if (record.kind == RecordKind::series || record.kind == RecordKind::names) {
    auto series =
        record.kind == RecordKind::names ? read_names(record.body) : read_series(ByteReader(record.body));
    if (!series) return std::nullopt;
    return Entry(std::move(*series));
  }
  if (!read_tick(record)) return std::nullopt;
  has_state_ = true;
  checksum_before_ = record.checksum;
  return Entry(LogTick{.time_ms = time_ms_,
                       .columns = columns_,
                       .bits = bits_,
                       .present = present_,
                       .stale = stale_,
                       .created = created_});
}

bool LogReader::read_tick(const Record& record) {
  ByteReader from(record.body);
  if (record.kind == RecordKind::tick) {
    (void)from.fixed<std::uint32_t>();  // the checksum of the record before
    return read_body(from);
  }
  columns_.clear();
  states_.clear();
  bits_.clear();
  present_.clear();
  time_ms_ = 0;
  return read_compressed(record.body, body_) && read_body(ByteReader(body_));
}

bool LogReader::read_body(ByteReader from) {
  time_ms_ = static_cast<std::int64_t>(static_cast<std::uint64_t>(time_ms_) + from.zigzag_varint());
  const unsigned parts = from.byte();
  if (parts > tick_part::kAll) return false;
  if ((parts & tick_part::kColumns) != 0 && !read_columns(from)) return false;
  const std::size_t count = columns_.size();
  present_.resize(words_for(count));
  if ((parts & tick_part::kPresence) != 0 && !read_words(from, count, present_)) return false;
  if ((parts & tick_part::kModes) != 0) read_modes(from);
  stale_.clear();
  if ((parts & tick_part::kStale) != 0) {
    std::size_t next = 0;
    for (std::size_t left = from.size(count); left > 0 && !from.failed(); --left) {
      next += from.size(count);
      if (next >= count) return false;
      stale_.push_back(static_cast<std::uint32_t>(next++));
    }
  }
  created_.clear();
  if ((parts & tick_part::kCreated) != 0) read_created(from);
  return !from.failed() && read_changes(from) && !from.failed() && from.left() == 0;
}

bool LogReader::read_columns(ByteReader& from) {
  const std::size_t count = from.size(std::min(kMostLogColumns - columns_.size(), from.left()));
  LogColumn before;
  for (std::size_t i = 0; i < count && !from.failed(); ++i) {
    LogColumn column;
    column.series = static_cast<std::uint32_t>(before.series + from.zigzag_varint());
    const unsigned part = from.byte();
    if (part > (static_cast<unsigned>(LogPart::bucket) << 1U | 1U)) return false;
    column.kind = (part & 1U) != 0 ? ColumnKind::real : ColumnKind::integer;
    column.part = static_cast<LogPart>(part >> 1U);
    if (column.part == LogPart::bucket)
      column.bucket = static_cast<std::int32_t>(static_cast<std::uint64_t>(std::int64_t{before.bucket}) +
                                                from.zigzag_varint());
    before = column;
    columns_.push_back(column);
    states_.emplace_back().mode = LogColumnState::first_mode(column.kind);
    bits_.push_back(0);
  }
  return !from.failed();
}

void LogReader::read_modes(ByteReader& from) {
  std::size_t next = 0;
  for (std::size_t left = from.size(columns_.size()); left > 0 && !from.failed(); --left) {
    next += from.size(columns_.size());
    const unsigned mode = from.byte();
    if (next >= columns_.size() || (mode > kMostDigits && mode != kBitsMode)) return from.fail();
    states_[next++].set_mode(static_cast<std::uint8_t>(mode));
  }
}

void LogReader::read_created(ByteReader& from) {
  std::size_t next = 0;
  for (std::size_t left = from.size(columns_.size()); left > 0 && !from.failed(); --left) {
    next += from.size(columns_.size());
    const std::uint64_t time = static_cast<std::uint64_t>(time_ms_) + from.zigzag_varint();
    if (next >= columns_.size()) return from.fail();
    created_.push_back({static_cast<std::uint32_t>(next++), static_cast<std::int64_t>(time)});
  }
}

bool LogReader::read_changes(ByteReader& from) {
  if (!read_words(from, columns_.size(), changed_)) return false;
  for (std::size_t word = 0; word < changed_.size(); ++word) {
    if ((changed_[word] & ~present_[word]) != 0) return false;
    for (std::uint64_t left = changed_[word]; left != 0; left &= left - 1) {
      const std::size_t i = word * 64 + static_cast<unsigned>(std::countr_zero(left));
      LogColumnState& state = states_[i];
      state.value += from.zigzag_varint();
      state.bits = state.mode == kBitsMode ? state.value : real_of(state.value, state.mode);
      bits_[i] = state.bits;
    }
  }
  return true;
}

}  // namespace kymo::KYMO_ABI::history
