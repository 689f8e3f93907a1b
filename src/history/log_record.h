#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/series/series_reader.h>

#include "byte_stream.h"
#include "columns.h"
#include "record.h"

namespace kymo::KYMO_ABI::history {

inline constexpr std::size_t kMostLogColumns = std::size_t{1} << 25U;

/// The part of a series that a column of the log holds.
enum class LogPart : std::uint8_t {
  number,
  sum,     ///< of a histogram
  bucket,  ///< a count of a histogram
};

/// One column of the log.
struct LogColumn {
  std::uint32_t series = 0;  ///< id in the series table
  LogPart part = LogPart::number;
  ColumnKind kind = ColumnKind::real;
  std::int32_t bucket = 0;  ///< as in HistogramColumns

  friend bool operator==(const LogColumn&, const LogColumn&) = default;
};

/// A column's series began to count at that time: at first, or after a reset.
struct LogCreated {
  std::uint32_t column = 0;
  std::int64_t time_ms = 0;

  friend bool operator==(const LogCreated&, const LogCreated&) = default;
};

/// The samples of one tick. Views; valid as long as what they show.
struct LogTick {
  std::int64_t time_ms = 0;
  std::span<const LogColumn> columns = {};
  std::span<const std::uint64_t> bits = {};     ///< one value a column; nothing said where there is no sample
  std::span<const std::uint64_t> present = {};  ///< one bit a column, set where there is a sample
  std::span<const std::uint32_t> stale = {};    ///< columns whose series ended at this tick; ascending
  std::span<const LogCreated> created = {};     ///< ascending
};

/// The description of a series. Files hold it before the first tick or block that names the series.
struct LogSeries {
  std::uint32_t series = 0;
  std::string labels = {};          ///< LabelSet::bytes()
  std::vector<double> bounds = {};  ///< of a histogram with own bounds
  series::SampleForm form = series::SampleForm::number;
  std::shared_ptr<const series::FamilyInfo> family = nullptr;  ///< null in a record of the kind `series`

  friend bool operator==(const LogSeries&, const LogSeries&) = default;
};

/// Parts of a tick that are there.
namespace tick_part {
inline constexpr unsigned kColumns = 1;
inline constexpr unsigned kPresence = 2;
inline constexpr unsigned kModes = 4;
inline constexpr unsigned kStale = 8;
inline constexpr unsigned kCreated = 16;
inline constexpr unsigned kAll = 31;
}  // namespace tick_part

/// How the values of a real column are written: as integers of decimals, or as bits.
inline constexpr std::uint8_t kBitsMode = 0xff;

/// The state of a column that both sides remember from tick to tick.
struct LogColumnState {
  std::uint64_t bits = 0;         ///< of the last sample
  std::uint64_t value = 0;        ///< the same as the mode writes it; the next difference is taken from it
  std::uint8_t mode = kBitsMode;  ///< digits after the point, or kBitsMode

  [[nodiscard]] static std::uint8_t first_mode(ColumnKind kind);
  /// Another way to write the values from now on.
  void set_mode(std::uint8_t new_mode);
};

[[nodiscard]] inline std::size_t words_for(std::size_t bits) { return (bits + 63) / 64; }

}  // namespace kymo::KYMO_ABI::history
