#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <span>
#include <string_view>
#include <vector>

#include <kymo/base/clock.h>
#include <kymo/core/snapshot.h>
#include <kymo/live/route.h>

namespace kymo::KYMO_ABI::live {

/// The host's history in memory: points at equal distances, each the mean of the measurements since the one
/// before. Threads: any. Memory: 64 bytes a point.
class SystemHistory final {
 public:
  static constexpr std::size_t kFields = 7;
  /// Longer than any history.
  static constexpr std::chrono::seconds kEverything = std::chrono::hours(24 * 366);
  /// In the order of field_names(); NaN: not measured.
  using Figures = std::array<double, kFields>;

  struct Point {
    std::chrono::system_clock::time_point time;  ///< end of the point's period
    std::chrono::steady_clock::time_point taken;
    Figures figures;
  };

  /// Keeps the last `points` points, `interval` apart. `clock` must outlive it.
  SystemHistory(const base::Clock& clock, std::chrono::milliseconds interval, std::size_t points);

  /// Adds a new measurement: the families of a system collector. Other families are
  /// ignored.
  void add(std::span<const FamilySnapshot> families);

  /// The points of the last `duration`, oldest first.
  [[nodiscard]] std::vector<Point> last(std::chrono::seconds duration) const;
  [[nodiscard]] std::chrono::milliseconds interval() const noexcept { return interval_; }

  /// Names in JSON and CSV: `cpu_percent`, ….
  [[nodiscard]] static std::span<const std::string_view> field_names() noexcept;
  /// The current figures in the families of a system collector.
  [[nodiscard]] static Figures figures_of(std::span<const FamilySnapshot> families);

 private:
  const base::Clock& clock_;
  const std::chrono::milliseconds interval_;
  const std::size_t most_points_;
  mutable std::mutex mutex_;
  std::deque<Point> points_;
  std::chrono::steady_clock::time_point due_;
  Figures sums_{};
  std::array<std::uint64_t, kFields> counts_{};
};

/// `GET /api/metrics/system/history?duration=5m&format=json|csv`: the points of the last `duration`; by
/// default all. `?window=5m`, JSON only: a summary of the last 5 minutes, figure by figure. 400 for an
/// invalid duration or format. The history must outlive the route.
[[nodiscard]] Route system_history_route(const SystemHistory& history);

}  // namespace kymo::KYMO_ABI::live
