#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include <kymo/watch/sampler.h>

namespace kymo::KYMO_ABI::watch {

/// Statistics of one metric; NaN if no value was known.
struct Totals {
  double average = 0;  ///< over time: each value weighs as long as it held
  double least = 0;
  double most = 0;
  double last = 0;
  std::size_t readings = 0;
};

/// The samples of a watch. Totals are over all of them. The number of kept samples is bounded: at kMostKept,
/// every other one is dropped, and half as many are kept from then on. Threads: one at a time.
class Recording final {
 public:
  static constexpr std::size_t kMostKept = 8192;

  Recording();

  void add(const Sample& sample);

  [[nodiscard]] std::size_t readings() const noexcept { return readings_; }
  /// Seconds from the first to the last sample.
  [[nodiscard]] double duration() const noexcept { return duration_; }
  [[nodiscard]] Totals totals(Metric metric) const;

  /// Times of the kept samples, in seconds since the first.
  [[nodiscard]] const std::vector<double>& times() const noexcept { return times_; }
  /// Their values; NaN: unknown.
  [[nodiscard]] const std::vector<double>& values(Metric metric) const { return columns_[index_of(metric)]; }

 private:
  struct Running {
    double weighted = 0;
    double weights = 0;
    Totals totals;
  };
  void thin_out();

  std::vector<double> times_;
  std::array<std::vector<double>, kMetrics> columns_;
  std::array<Running, kMetrics> running_;
  std::size_t readings_ = 0;
  std::size_t keep_every_ = 1;
  double duration_ = 0;
};

}  // namespace kymo::KYMO_ABI::watch
