#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "byte_stream.h"
#include "log_record.h"
#include "streams.h"

namespace kymo::KYMO_ABI::history {

/// Writes the records of a log: what changed since the tick before, and a key frame with all values from time
/// to time. Keeps 24 bytes a column. Threads: one at a time.
class LogEncoder final {
 public:
  /// Every 60th tick is a key frame. Damage costs at most what follows up to the next one.
  static constexpr unsigned kKeyEvery = 60;

  /// Whether the next tick becomes a key frame. Its columns may be any. Those of other ticks are the columns
  /// of the tick before, and new ones behind them.
  [[nodiscard]] bool is_key_next() const { return ticks_since_key_ == 0; }
  /// Makes the next tick a key frame: in a new file, after a record that was not written, for other columns.
  void begin_anew() { ticks_since_key_ = 0; }

  /// Appends one record that holds these series.
  static void append_series(std::span<const LogSeries> series, Bytes& to);
  /// Appends the tick's record. `bits` has one value a column, `present` one bit a column. Throws
  /// `std::bad_alloc`; the next tick is a key frame then. Cost: some 5 ns a column.
  void append_tick(const LogTick& tick, Bytes& to);

 private:
  void put_tick(const LogTick& tick);
  void put_columns(std::span<const LogColumn> columns);
  void put_created(const LogTick& tick);
  void gather_changes(std::span<const std::uint64_t> bits);
  std::uint64_t decimal_of(std::size_t column, std::uint64_t bits);

  unsigned ticks_since_key_ = 0;
  std::uint32_t checksum_before_ = 0;  ///< of the record before
  std::int64_t time_before_ms_ = 0;
  std::vector<LogColumnState> states_;
  std::vector<std::uint64_t> present_;  ///< at the tick before
  // Of the tick at hand.
  std::vector<std::uint64_t> changed_;
  Bytes values_;
  std::size_t values_size_ = 0;
  Bytes modes_;
  std::size_t mode_changes_ = 0;
  std::size_t next_mode_ = 0;
  Bytes body_;
  Compressor compressor_;
};

}  // namespace kymo::KYMO_ABI::history
