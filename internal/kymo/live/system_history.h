#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include <kymo/base/clock.h>
#include <kymo/core/snapshot.h>
#include <kymo/live/route.h>
#include <kymo/series/series_reader.h>

namespace kymo::KYMO_ABI::live {

/// The host's past, read from the history of all series: points at equal distances, each the mean of the
/// ticks since the one before. Threads: any. Cost: some 10 ns for each tick and figure of the time that is
/// read.
class SystemHistory final {
 public:
  static constexpr std::size_t kFields = 7;
  /// More points are taken together in twos, fours and so on.
  static constexpr std::size_t kMostPoints = 3600;
  /// In the order of field_names(); NaN: not measured.
  using Figures = std::array<double, kFields>;

  struct Point {
    std::chrono::system_clock::time_point time;  ///< end of the point's period
    Figures figures;
  };
  struct Points {
    std::chrono::milliseconds interval;
    std::vector<Point> points;  ///< oldest first
  };

  /// `reader` null: there is no past. Both must outlive it.
  SystemHistory(const series::SeriesReader* reader, const base::Clock& clock,
                std::chrono::milliseconds interval);

  /// The points of the last `duration`. Throws std::bad_alloc.
  [[nodiscard]] Points last(std::chrono::seconds duration) const;

  /// Names in JSON and CSV: `cpu_percent`, ….
  [[nodiscard]] static std::span<const std::string_view> field_names() noexcept;
  /// The current figures in the families of a system collector.
  [[nodiscard]] static Figures figures_of(std::span<const FamilySnapshot> families);

 private:
  const series::SeriesReader* const reader_;
  const base::Clock& clock_;
  const std::chrono::milliseconds interval_;
};

/// `GET /api/metrics/system/history?duration=5m&format=json|csv`: the points of the last `duration`; by
/// default an hour. `?window=5m`, JSON only: a summary of the last 5 minutes, figure by figure. 400 for an
/// invalid duration or format. The history must outlive the route.
[[nodiscard]] Route system_history_route(const SystemHistory& history);

}  // namespace kymo::KYMO_ABI::live
