#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>

#include <kymo/core/stopwatch.h>
#include <kymo/profile/profile.h>

#include "thread_log.h"

/// The process-wide state: the list of logs, and the begin of their counts.
namespace kymo::KYMO_ABI::profile {

// Raw readings of the scopes' clock: the processor's counter if trusted (see Stopwatch), otherwise
// std::chrono::steady_clock.

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

/// Locks for changes of a few instructions: a new log, a new name. A signal handler that interrupts such a
/// change on its own thread sees is_changing().
class StructureChange final {
 public:
  StructureChange() noexcept;
  StructureChange(const StructureChange&) = delete;
  StructureChange& operator=(const StructureChange&) = delete;
  ~StructureChange();

  [[nodiscard]] static bool is_changing() noexcept;
};

struct Profiler {
  std::mutex readers;  ///< held by readers, resets and switches; never by recording threads
  std::atomic<ThreadLog*> logs{nullptr};
  /// Number of resets. Figures of an older generation are void; each thread wipes its own at its next record.
  std::atomic<std::uint32_t> generation{1};
  std::atomic<std::uint64_t> events_per_thread{0};
  /// Scopes that were not recorded.
  std::atomic<std::uint64_t> lost{0};

  // Guarded by `readers`.
  std::optional<std::chrono::system_clock::time_point> started;
  std::uint64_t started_steady = 0;
  std::uint64_t enabled_steady = 0;  ///< when it was last turned on
  std::uint64_t enabled_before = 0;  ///< nanoseconds that it was on before that
  std::uint64_t last_scale = 0;      ///< the last one that was not 0, for earlier events

  /// Total time that it was on, in nanoseconds.
  [[nodiscard]] std::uint64_t duration() const noexcept;
};

/// Threads: any.
extern constinit Profiler the_profiler;

/// The calling thread's log; null before its first scope and after its end. initial-exec: one instruction to
/// reach it.
extern constinit thread_local ThreadLog* leased_log __attribute__((tls_model("initial-exec")));

/// A log for a calling thread without one. Null: no memory, or this is a signal handler that interrupted a
/// lease.
[[nodiscard]] ThreadLog* lease_log() noexcept;

/// Voids figures of before the last reset; called by their thread.
void renew(ThreadLog& log) noexcept;

}  // namespace kymo::KYMO_ABI::profile
