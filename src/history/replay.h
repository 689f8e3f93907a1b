#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "head.h"
#include "log_record.h"
#include "series_table.h"

namespace kymo::KYMO_ABI::history {

/// Puts the ticks of logs into a head, without the samples that segments have. Not after the first tick of a
/// source.
class LogReplay final {
 public:
  /// `seal_due`: called after each tick.
  LogReplay(const SeriesTable& table, Head& head, std::function<void()> seal_due)
      : table_(table), head_(head), seal_due_(std::move(seal_due)) {}

  /// Ids of series are those of one file.
  void begin_file();
  void add_names(const std::vector<LogSeries>& names);
  /// Throws `std::bad_alloc`.
  void add_tick(const LogTick& tick);
  /// No source gives samples to the series of the logs any more.
  void finish() noexcept;

  [[nodiscard]] std::uint64_t ticks() const noexcept { return ticks_; }
  [[nodiscard]] std::uint64_t samples() const noexcept { return samples_; }
  /// Samples of series whose names are damaged, or at the limit of series.
  [[nodiscard]] std::uint64_t lost_samples() const noexcept { return lost_; }

 private:
  struct Name {
    series::LabelSet labels;
    series::SampleForm form = series::SampleForm::number;
    std::shared_ptr<const series::FamilyInfo> family;
    HistogramValue::Bounds bounds;
  };
  struct Series {
    std::optional<Name> name;
    ColumnKind kind = ColumnKind::real;
    std::uint32_t column = 0;
    std::vector<std::pair<std::int32_t, std::uint32_t>> buckets;  ///< and their columns; ascending
    std::int64_t stored_ms = 0;
    std::int64_t started_ms = 0;
    Target target;
  };

  static constexpr std::uint32_t kNoSeries = ~std::uint32_t{0};

  void bind_columns(std::span<const LogColumn> columns);
  void bind(const LogColumn& column);
  void take_starts(const LogTick& tick);
  bool find_targets(const LogTick& tick);
  void write_sample(const Series& series, const LogTick& tick);
  [[nodiscard]] HistogramValue histogram_of(const Series& series, const LogTick& tick);

  const SeriesTable& table_;
  Head& head_;
  const std::function<void()> seal_due_;
  std::unordered_map<std::uint32_t, Name> names_;
  std::vector<LogColumn> columns_;
  std::vector<std::uint32_t> series_at_;  ///< for each column
  std::vector<Series> series_;
  std::unordered_map<std::uint32_t, std::uint32_t> by_id_;  ///< the last series with this id
  std::vector<std::uint8_t> scratch_;
  std::uint64_t ticks_ = 0;
  std::uint64_t samples_ = 0;
  std::uint64_t lost_ = 0;
};

}  // namespace kymo::KYMO_ABI::history
