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

/// How the host was, in memory: points at equal distances, each the mean of what was measured since the one
/// before. Threads: any. Memory: 64 bytes a point.
class SystemHistory final {
 public:
  static constexpr std::size_t kFields = 7;
  /// Longer than any history.
  static constexpr std::chrono::seconds kEverything = std::chrono::hours(24 * 366);
  /// In the order of field_names(); NaN: not measured.
  using Figures = std::array<double, kFields>;

  struct Point {
    std::chrono::system_clock::time_point time;  ///< the end of its stretch
    std::chrono::steady_clock::time_point taken;
    Figures figures;
  };

  /// Keeps the last `points` points, `interval` apart. `clock` must outlive it.
  SystemHistory(const base::Clock& clock, std::chrono::milliseconds interval, std::size_t points);

  /// What was measured just now: the families of a system collector. Of what is not among them nothing is
  /// kept.
  void add(std::span<const FamilySnapshot> families);

  /// Those of the last `duration`, oldest first.
  [[nodiscard]] std::vector<Point> last(std::chrono::seconds duration) const;
  [[nodiscard]] std::chrono::milliseconds interval() const noexcept { return interval_; }

  /// As JSON and CSV name them: `cpu_percent`, ….
  [[nodiscard]] static std::span<const std::string_view> field_names() noexcept;
  /// The figures that the families of a system collector give now.
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

/// `GET /api/metrics/system/history?duration=5m&format=json|csv`: the points of the last so long; without a
/// duration all. `?window=5m`, JSON only: what the points of the last so long come to, figure by figure. 400
/// for a length of time or format that is none. The history must outlive the route.
[[nodiscard]] Route system_history_route(const SystemHistory& history);

}  // namespace kymo::KYMO_ABI::live
