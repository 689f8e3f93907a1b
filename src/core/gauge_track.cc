#include "gauge_track.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>

#include "sum_growth.h"

namespace kymo::KYMO_ABI {
namespace {

// A resolution of a few milliseconds at a fifth of the exact clock's cost.
std::int64_t coarse_now_ns() noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

template <class Better>
void improve(std::atomic<double>& extreme, double value, Better better) noexcept {
  double seen = extreme.load(std::memory_order_relaxed);
  while (better(value, seen) && !extreme.compare_exchange_weak(seen, value, std::memory_order_relaxed)) {
  }
}

// Scales the sum down, so that 2^64 of the largest numbers do not overflow.
constexpr double kScale = 0x1p-64;

void add_to(std::atomic<double>& sum, double value) noexcept {
  double seen = sum.load(std::memory_order_relaxed);
  while (!sum.compare_exchange_weak(seen, seen + value, std::memory_order_relaxed)) {
  }
}

double mean_of(const GaugeStatistics& statistics, double finite_mean) noexcept {
  const bool has_extremes = statistics.min <= statistics.max;
  if (!has_extremes) return finite_mean;
  // With both infinities this is NaN: they have no mean.
  if (std::isinf(statistics.min) || std::isinf(statistics.max)) return statistics.min + statistics.max;
  // A sum that was once large has lost small summands.
  return std::clamp(finite_mean, statistics.min, statistics.max);
}

}  // namespace

void GaugeTrack::note(double value) noexcept {
  // Min and max report infinities, and a reset forgets them; in the sum they would stay forever.
  if (std::isfinite(value)) add_to(sum_, value * kScale);
  improve(min_, value, [](double a, double b) { return a < b; });
  improve(max_, value, [](double a, double b) { return a > b; });
  last_update_ns_.store(coarse_now_ns(), std::memory_order_relaxed);
  count_.fetch_add(1, std::memory_order_release);
}

void GaugeTrack::reset() noexcept {
  min_.store(std::numeric_limits<double>::infinity(), std::memory_order_relaxed);
  max_.store(-std::numeric_limits<double>::infinity(), std::memory_order_relaxed);
  count_at_reset_.store(count_.load(std::memory_order_acquire), std::memory_order_relaxed);
  sum_at_reset_.store(sum_.load(std::memory_order_relaxed), std::memory_order_relaxed);
}

void GaugeTrack::begin_with(double held) noexcept {
  if (count() == count_at_reset_.load(std::memory_order_relaxed)) return;
  reset();
  improve(min_, held, [](double a, double b) { return a < b; });
  improve(max_, held, [](double a, double b) { return a > b; });
  count_at_reset_.fetch_sub(1, std::memory_order_relaxed);
  if (std::isfinite(held)) add_to(sum_at_reset_, -held * kScale);
}

GaugeStatistics GaugeTrack::read() const noexcept {
  GaugeStatistics statistics;
  statistics.count = count_.load(std::memory_order_acquire) - count_at_reset_.load(std::memory_order_relaxed);
  if (statistics.count == 0) return statistics;
  statistics.min = min_.load(std::memory_order_relaxed);
  statistics.max = max_.load(std::memory_order_relaxed);
  const double sum = sum_.load(std::memory_order_relaxed);
  const double at_reset = sum_at_reset_.load(std::memory_order_relaxed);
  const double whole = sum_growth(sum / kScale, at_reset / kScale);
  const auto count = static_cast<double>(statistics.count);
  // The whole sum may be infinite where the mean is not.
  statistics.mean =
      mean_of(statistics, std::isfinite(whole) ? whole / count : (sum - at_reset) / count / kScale);
  const std::chrono::nanoseconds since_epoch(last_update_ns_.load(std::memory_order_relaxed));
  statistics.last_update = std::chrono::system_clock::time_point(
      std::chrono::duration_cast<std::chrono::system_clock::duration>(since_epoch));
  return statistics;
}

}  // namespace kymo::KYMO_ABI
