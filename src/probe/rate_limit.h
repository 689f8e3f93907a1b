#pragma once

#include <algorithm>
#include <chrono>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::probe {

/// Limits events a second, with a burst after a rest. Stores one time: the generic cell rate algorithm (ITU-T
/// I.371, annex A). Threads: one at a time.
class RateLimit final {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Duration = std::chrono::steady_clock::duration;

  RateLimit() = default;

  /// The result of of_rate().
  struct Rate {
    Duration each{};   ///< one second divided by the rate
    Duration slack{};  ///< how far a burst may run ahead
  };
  /// `burst`: size of a burst, 1 or more. Rates are clamped to 0.001 … 1e9 a second, bursts to 1 … 1e9; NaN
  /// becomes the minimum.
  [[nodiscard]] static Rate of_rate(double per_second, double burst) {
    constexpr double kMostOfBoth = 1e9;
    const std::chrono::duration<double> each(1 / within(per_second, 1e-3, kMostOfBoth));
    const std::chrono::duration<double> slack(each * (within(burst, 1.0, kMostOfBoth) - 1));
    constexpr std::chrono::duration<double> kMost = std::chrono::hours(24 * 3653);
    return {std::chrono::duration_cast<Duration>(each),
            std::chrono::duration_cast<Duration>(std::min(slack, kMost))};
  }

  /// True if one more is allowed now; counts it.
  [[nodiscard]] bool take(const Rate& rate, Time now) noexcept {
    if (!has_room(rate, now)) return false;
    next_ = std::max(next_, now) + rate.each;
    return true;
  }

  /// True if take() would return true.
  [[nodiscard]] bool has_room(const Rate& rate, Time now) const noexcept { return next_ - now <= rate.slack; }

  /// Counts one more, and returns how long it must wait for its turn.
  [[nodiscard]] Duration reserve(const Rate& rate, Time now) noexcept {
    const Duration wait = std::max(next_ - now - rate.slack, Duration::zero());
    next_ = std::max(next_, now) + rate.each;
    return wait;
  }

 private:
  [[nodiscard]] static constexpr double within(double value, double least, double most) noexcept {
    return value >= least ? std::min(value, most) : least;  // NaN gives the minimum
  }

  Time next_{};  // time of the next event at an even pace
};

}  // namespace kymo::KYMO_ABI::probe
