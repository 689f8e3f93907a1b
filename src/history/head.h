#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <vector>

#include <kymo/core/histogram_value.h>

#include "byte_chains.h"
#include "series_group.h"
#include "series_table.h"

namespace kymo::KYMO_ABI::history {

struct HeadOptions {
  std::uint32_t window_ticks = 600;  ///< at most in one window
  std::size_t most_series = 1'000'000;
  std::size_t row_bytes = std::size_t{4} << 20U;  ///< about, for the last ticks in plain form
};

/// Where a source writes the samples of one series; without a group at the limit of series.
struct Target {
  SeriesGroup* group = nullptr;
  std::uint32_t slot = 0;
};

/// The open windows of one source's series. Under the lock of the store, except where a member says
/// otherwise.
class Head final {
 public:
  /// `seal`: keeps the window of a group and calls begin_window().
  Head(SeriesTable& table, ByteChains& chains, const HeadOptions& options,
       std::function<void(SeriesGroup&)> seal);

  [[nodiscard]] bool is_late(std::int64_t time_ms) const noexcept { return time_ms <= last_ms_; }
  /// The time of the last tick; the least number before the first.
  [[nodiscard]] std::int64_t last_ms() const noexcept { return last_ms_; }

  /// The place of a series, made where there is none. Between two ticks: a change of form seals the window.
  /// Throws `std::bad_alloc`.
  Target get(series::LabelSet labels, series::SampleForm form,
             const std::shared_ptr<const series::FamilyInfo>& family, SlotForm slot_form);
  /// The source has no more samples for this series.
  static void end(Target target) noexcept;

  /// The length of the first window of the group with that number. First windows differ, so that later not
  /// all groups are sealed at one tick.
  [[nodiscard]] std::uint32_t first_target(std::size_t group) const noexcept;

  /// Ticks up to that time are late.
  void set_last_ms(std::int64_t time_ms) noexcept { last_ms_ = std::max(last_ms_, time_ms); }
  void begin_tick(std::int64_t time_ms) noexcept;
  /// Returns the samples that were lost because memory ran out. Marks the tick's absent series as ended.
  std::uint64_t end_tick() noexcept;

  /// The group whose window is due, or, with `early`, the one with the longest window, unless all are short;
  /// null: none. Threads: also without the lock the one that appends.
  [[nodiscard]] SeriesGroup* due(bool early) noexcept;
  [[nodiscard]] std::size_t bytes() const noexcept;
  [[nodiscard]] const std::vector<std::unique_ptr<SeriesGroup>>& groups() const noexcept { return groups_; }

 private:
  SeriesGroup& group_with_room(series::SampleForm form);

  SeriesTable& table_;
  ByteChains& chains_;
  const HeadOptions options_;
  const std::function<void(SeriesGroup&)> seal_;
  TickTimes times_;
  std::int64_t last_ms_ = std::numeric_limits<std::int64_t>::min();
  std::vector<std::unique_ptr<SeriesGroup>> groups_;
  std::size_t plain_bytes_ = 0;
};

}  // namespace kymo::KYMO_ABI::history
