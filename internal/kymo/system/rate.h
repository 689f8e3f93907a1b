#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::system {

/// Growth of a counter. A fall from the last quarter of 2^32 to the first is a wrap (32-bit counters of
/// drivers and of disk times). Any other fall is a restart from zero.
[[nodiscard]] constexpr std::uint64_t counter_growth(std::uint64_t before, std::uint64_t now) noexcept {
  constexpr std::uint64_t kRange = std::uint64_t{1} << 32;
  if (now >= before) return now - before;
  const bool wrapped = before < kRange && before >= kRange - kRange / 4 && now < kRange / 4;
  return wrapped ? kRange - before + now : now;
}

/// Tells when rates are due: at the first reading, then after each interval.
class RateClock final {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  /// Seconds since the base reading of the next rates; nothing while the last rates are still valid, or
  /// without a reading. After a value, or at the first call, `now` is the next base: keep the counters
  /// then.
  [[nodiscard]] std::optional<double> due(TimePoint now, std::chrono::milliseconds interval) noexcept {
    if (!started_) {
      started_ = now;
      first_ = true;
      return std::nullopt;
    }
    first_ = false;
    const auto elapsed = now - *started_;
    if (elapsed < interval || elapsed.count() <= 0) return std::nullopt;
    started_ = now;
    return std::chrono::duration<double>(elapsed).count();
  }

  /// True if the last call of `due` was the first.
  [[nodiscard]] bool first() const noexcept { return first_; }

 private:
  std::optional<TimePoint> started_;
  bool first_ = false;
};

}  // namespace kymo::KYMO_ABI::system
