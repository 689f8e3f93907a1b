#pragma once

#include <algorithm>
#include <chrono>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::probe {

/// At most so many a second, and so many at once after a rest. Keeps one moment: the generic cell rate
/// algorithm (ITU-T I.371, annex A). Threads: one at a time.
class RateLimit final {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Duration = std::chrono::steady_clock::duration;

  RateLimit() = default;

  /// What of_rate() gives.
  struct Rate {
    Duration each{};   ///< one second divided by how many it has room for
    Duration slack{};  ///< how far ahead of time a burst may run
  };
  /// `burst`: how many at once, 1 or more. Rates are brought into 0.001 to 1e9 a second, bursts into 1 to
  /// 1e9; what is no number is the least.
  [[nodiscard]] static Rate of_rate(double per_second, double burst) {
    constexpr double kMostOfBoth = 1e9;
    const std::chrono::duration<double> each(1 / within(per_second, 1e-3, kMostOfBoth));
    const std::chrono::duration<double> slack(each * (within(burst, 1.0, kMostOfBoth) - 1));
    constexpr std::chrono::duration<double> kMost = std::chrono::hours(24 * 3653);
    return {std::chrono::duration_cast<Duration>(each),
            std::chrono::duration_cast<Duration>(std::min(slack, kMost))};
  }

  /// Whether one more may be now, which is then counted.
  [[nodiscard]] bool take(const Rate& rate, Time now) noexcept {
    if (!has_room(rate, now)) return false;
    next_ = std::max(next_, now) + rate.each;
    return true;
  }

  /// Whether take() would give true.
  [[nodiscard]] bool has_room(const Rate& rate, Time now) const noexcept { return next_ - now <= rate.slack; }

  /// Counts one more, and tells how long that one has to wait for its turn.
  [[nodiscard]] Duration reserve(const Rate& rate, Time now) noexcept {
    const Duration wait = std::max(next_ - now - rate.slack, Duration::zero());
    next_ = std::max(next_, now) + rate.each;
    return wait;
  }

 private:
  [[nodiscard]] static constexpr double within(double value, double least, double most) noexcept {
    return value >= least ? std::min(value, most) : least;  // and the least for NaN
  }

  Time next_{};  // when the next is due, if all come evenly
};

}  // namespace kymo::KYMO_ABI::probe
