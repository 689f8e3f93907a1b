#include "log_encoder.h"

#include <algorithm>
#include <bit>

#include "decimal.h"
#include "record.h"

namespace kymo::KYMO_ABI::history {
namespace {

constexpr std::size_t kMostVarint = 10;

void put_ascending(Bytes& to, std::span<const std::uint32_t> numbers) {
  put_varint(to, numbers.size());
  std::uint32_t next = 0;
  for (const std::uint32_t number : numbers) {
    put_varint(to, number - next);
    next = number + 1;
  }
}

void put_words(std::span<const std::uint64_t> words, std::size_t bits, Bytes& to) {
  for (std::size_t i = 0; i < words_for(bits); ++i) {
    const std::size_t bytes = std::min<std::size_t>(8, (bits - i * 64 + 7) / 8);
    for (std::size_t k = 0; k < bytes; ++k) put_byte(to, static_cast<unsigned>(words[i] >> (8 * k)) & 0xffU);
  }
}

/// The least digits that the value is a decimal of, from `digits` on.
std::uint8_t mode_for(std::uint64_t bits, unsigned digits) {
  while (digits <= kMostDigits && !integer_of(bits, digits)) ++digits;
  return digits <= kMostDigits ? static_cast<std::uint8_t>(digits) : kBitsMode;
}

std::byte* write_varint(std::byte* to, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7U) *to++ = static_cast<std::byte>(value | 0x80U);
  *to++ = static_cast<std::byte>(value);
  return to;
}

}  // namespace

void LogColumnState::set_mode(std::uint8_t new_mode) {
  mode = new_mode;
  value = mode == kBitsMode ? bits : integer_of(bits, mode).value_or(0);
}

std::uint8_t LogColumnState::first_mode(ColumnKind kind) { return kind == ColumnKind::real ? 0 : kBitsMode; }

void LogEncoder::append_series(std::span<const LogSeries> series, Bytes& to) {
  const std::size_t at = begin_record(RecordKind::series, to);
  put_varint(to, series.size());
  for (const LogSeries& one : series) {
    put_varint(to, one.series);
    put_varint(to, one.labels.size());
    append(to, std::as_bytes(std::span(one.labels)));
    put_varint(to, one.bounds.size());
    for (const double bound : one.bounds) put_fixed(to, std::bit_cast<std::uint64_t>(bound));
  }
  (void)end_record(at, to);
}

void LogEncoder::append_tick(const LogTick& tick, Bytes& to) {
  const bool is_key = is_key_next() || tick.columns.size() < states_.size();
  const unsigned ticks_before = is_key ? 0 : ticks_since_key_;
  begin_anew();  // should memory run out below
  if (is_key) {
    states_.clear();
    present_.clear();
    time_before_ms_ = 0;
  }
  put_tick(tick);

  const std::size_t at = begin_record(is_key ? RecordKind::key : RecordKind::tick, to);
  if (is_key) {
    put_varint(to, body_.size());
    compressor_.append(body_, to);
  } else {
    put_fixed(to, checksum_before_);
    append(to, body_);
  }
  checksum_before_ = end_record(at, to);
  time_before_ms_ = tick.time_ms;
  ticks_since_key_ = (ticks_before + 1) % kKeyEvery;
}

void LogEncoder::put_tick(const LogTick& tick) {
  unsigned flags = 0;
  body_.clear();
  put_varint(body_,
             zigzag(static_cast<std::uint64_t>(tick.time_ms) - static_cast<std::uint64_t>(time_before_ms_)));
  put_byte(body_, 0);
  const std::size_t flags_at = body_.size() - 1;
  if (tick.columns.size() > states_.size()) {
    flags |= tick_part::kColumns;
    put_columns(tick.columns.subspan(states_.size()));
  }
  const std::size_t words = words_for(tick.columns.size());
  present_.resize(words);
  if (!std::ranges::equal(present_, tick.present.first(words))) {
    flags |= tick_part::kPresence;
    std::ranges::copy(tick.present.first(words), present_.begin());
    put_words(present_, tick.columns.size(), body_);
  }
  gather_changes(tick.bits);
  if (mode_changes_ > 0) {
    flags |= tick_part::kModes;
    put_varint(body_, mode_changes_);
    append(body_, modes_);
  }
  if (!tick.stale.empty()) {
    flags |= tick_part::kStale;
    put_ascending(body_, tick.stale);
  }
  if (!tick.created.empty()) {
    flags |= tick_part::kCreated;
    put_created(tick);
  }
  put_words(changed_, tick.columns.size(), body_);
  append(body_, std::span(values_).first(values_size_));
  body_[flags_at] = static_cast<std::byte>(flags);
}

void LogEncoder::put_columns(std::span<const LogColumn> columns) {
  put_varint(body_, columns.size());
  LogColumn before;
  for (const LogColumn& column : columns) {
    put_varint(body_, zigzag(std::uint64_t{column.series} - before.series));
    put_byte(body_, static_cast<unsigned>(column.part) << 1U | (column.kind == ColumnKind::real ? 1U : 0U));
    if (column.part == LogPart::bucket)
      put_varint(body_, zigzag(static_cast<std::uint64_t>(std::int64_t{column.bucket} - before.bucket)));
    before = column;
    LogColumnState& state = states_.emplace_back();
    state.mode = LogColumnState::first_mode(column.kind);
  }
}

void LogEncoder::put_created(const LogTick& tick) {
  put_varint(body_, tick.created.size());
  std::uint32_t next = 0;
  for (const LogCreated& created : tick.created) {
    put_varint(body_, created.column - next);
    put_varint(body_, zigzag(static_cast<std::uint64_t>(created.time_ms) -
                             static_cast<std::uint64_t>(tick.time_ms)));
    next = created.column + 1;
  }
}

void LogEncoder::gather_changes(std::span<const std::uint64_t> bits) {
  modes_.clear();
  mode_changes_ = 0;
  next_mode_ = 0;
  changed_.assign(words_for(bits.size()), 0);
  values_.resize(std::max(values_.size(), bits.size() * kMostVarint));
  std::byte* to = values_.data();
  for (std::size_t word = 0; word < changed_.size(); ++word) {
    std::uint64_t changed = 0;
    for (std::uint64_t left = present_[word]; left != 0; left &= left - 1) {
      const auto bit = static_cast<unsigned>(std::countr_zero(left));
      const std::size_t i = word * 64 + bit;
      LogColumnState& state = states_[i];
      if (bits[i] == state.bits) continue;
      changed |= std::uint64_t{1} << bit;
      std::uint64_t value = bits[i];
      if (state.mode != kBitsMode) value = decimal_of(i, bits[i]);
      to = write_varint(to, zigzag(value - state.value));
      state.bits = bits[i];
      state.value = value;
    }
    changed_[word] = changed;
  }
  values_size_ = static_cast<std::size_t>(to - values_.data());
}

/// The value as the column's mode writes it, after another mode where it needs one.
std::uint64_t LogEncoder::decimal_of(std::size_t column, std::uint64_t bits) {
  LogColumnState& state = states_[column];
  if (const auto integer = integer_of(bits, state.mode)) return *integer;
  const std::uint8_t mode = mode_for(bits, state.mode + 1U);
  state.set_mode(mode);
  put_varint(modes_, column - next_mode_);
  put_byte(modes_, mode);
  next_mode_ = column + 1;
  ++mode_changes_;
  return mode == kBitsMode ? bits : integer_of(bits, mode).value_or(0);
}

}  // namespace kymo::KYMO_ABI::history
