#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <kymo/core/descriptor.h>
#include <kymo/series/series_reader.h>

#include "columns.h"
#include "tier.h"

namespace kymo::KYMO_ABI::history {

/// A sample of the edges of a window.
struct TierRow {
  std::int64_t time_ms = 0;
  std::int64_t start_ms = 0;  ///< of the count; 0: unknown
  std::uint64_t bits = 0;
  std::vector<std::uint64_t> counts = {};  ///< by place of the bucket; fewer than buckets: the rest is 0
};

/// Makes a tier of the samples of some series, which come in order of time. A window of a series becomes its
/// first and its last sample. A count that began anew within the window has two more: the last sample before
/// the last reset, with all growth up to it, and the one behind the reset. So the growth of a window is exact
/// however many resets it has, and reading computes it as of all samples. Beside these are the least and the
/// greatest number, the sum and the count of each window. Threads: one at a time.
class TierBuilder final {
 public:
  struct Series {
    std::uint32_t id = 0;
    bool is_count = false;  ///< only grows, but for resets
    series::SampleForm form = series::SampleForm::number;
    /// Blocks have series of one reach only: those whose first and last samples are in the same blocks.
    std::pair<std::size_t, std::size_t> reach = {};
  };
  TierBuilder(std::int64_t window_ms, std::span<const Series> series);

  /// Whether the columns of a block go with those of the blocks before; else take() comes first.
  [[nodiscard]] bool fits(std::size_t place, const SeriesColumns& columns) const;
  /// Adds a block's samples of the series at that place. Throws `std::bad_alloc`.
  void add(std::size_t place, std::span<const std::int64_t> times, const SeriesColumns& columns);
  [[nodiscard]] bool is_large() const noexcept { return most_rows_ >= kManyRows || values_ >= kManyValues; }
  /// Ends all windows: later samples of the same time are in windows of their own.
  void end_windows();
  /// Ends all windows, and appends the blocks of all series; then begins anew.
  void take(std::vector<BlockColumns>& blocks);

 private:
  /// Rows of a block, about. 64 series with twice as many at times of their own fit into one block.
  static constexpr std::size_t kManyRows = 400;
  /// Values of all series together: some 16 MiB.
  static constexpr std::size_t kManyValues = std::size_t{2} << 20U;
  /// Numbers in a block. A histogram is worth several.
  static constexpr std::size_t kBlockNumbers = 64;
  static constexpr std::size_t kNumbersOfHistogram = 8;

  /// The figures of the numbers of a window.
  struct Figures {
    std::int64_t last_ms = 0;
    std::uint64_t least = 0;
    std::uint64_t greatest = 0;
    double sum = 0;
    double lost = 0;  ///< by rounding of the sum
    std::uint64_t count = 0;
  };
  struct State {
    Series about;
    std::optional<ColumnKind> kind;
    std::vector<double> bounds;
    std::map<std::int32_t, std::size_t> buckets;  ///< the place of each in TierRow::counts
    std::vector<TierRow> rows;                    ///< of closed windows
    std::vector<std::int64_t> ends;               ///< times at which the series ended
    std::vector<Figures> figures;
    std::int64_t window = 0;  ///< the open one
    std::vector<TierRow> open;
    Figures open_figures;
  };

  void add_window(State& state, std::size_t from, std::size_t to, const SeriesColumns& columns);
  void add_figures(State& state, std::size_t from, std::size_t to, const SeriesColumns& columns) const;
  void find_resets(const State& state, const SeriesColumns& columns);
  [[nodiscard]] TierRow row_of(const State& state, std::size_t sample, const SeriesColumns& columns) const;
  void add_ends(State& state, std::span<const std::int64_t> times, const SeriesColumns& columns) const;
  static void close_window(State& state);
  [[nodiscard]] static BlockColumns edges(std::span<const State> series);
  /// `edges`: of the same series.
  [[nodiscard]] static BlockColumns figures(std::span<const State> series, TierColumn column,
                                            const BlockColumns& edges);

  const std::int64_t window_ms_;
  std::vector<State> all_;
  std::size_t most_rows_ = 0;
  std::size_t values_ = 0;
  // Of the columns that are being added: a value for each sample.
  std::vector<std::int64_t> times_;
  std::vector<std::int64_t> starts_;
  std::vector<std::size_t> resets_;  ///< samples that began anew, ascending
  std::vector<std::size_t> places_;  ///< of the buckets
};

}  // namespace kymo::KYMO_ABI::history
