#pragma once

#include <chrono>
#include <cstdint>

#include <kymo/core/stopwatch.h>

/// Raw readings of the scopes' clock: the processor's counter if trusted (see Stopwatch), otherwise
/// std::chrono::steady_clock.
namespace kymo::KYMO_ABI::profile {

/// Nanoseconds a tick times 2^32; 0: the counter is unusable.
[[nodiscard]] inline std::uint64_t clock_scale() noexcept {
  return ticks::nanoseconds_per_tick.load(std::memory_order_relaxed);
}

[[nodiscard]] inline std::uint64_t read_steady_clock() noexcept {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::nanoseconds(now).count());
}

/// Reads the counter if `scale` is not 0, otherwise the clock.
[[nodiscard]] inline std::uint64_t read_clock(std::uint64_t scale) noexcept {
  return scale != 0 ? ticks::now() : read_steady_clock();
}

[[nodiscard]] inline std::uint64_t ticks_to_nanoseconds(std::uint64_t count, std::uint64_t scale) noexcept {
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::uint64_t>(Wide{count} * scale >> 32U);
}

/// Between two readings of one clock; 0 if it seems to have run backwards.
[[nodiscard]] inline std::uint64_t nanoseconds_between(std::uint64_t begin, std::uint64_t end,
                                                       std::uint64_t scale) noexcept {
  const std::uint64_t passed = end - begin;
  if (static_cast<std::int64_t>(passed) < 0) [[unlikely]]
    return 0;
  return scale == 0 ? passed : ticks_to_nanoseconds(passed, scale);
}

}  // namespace kymo::KYMO_ABI::profile
