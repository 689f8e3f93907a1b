#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>

#include <kymo/profile/profile.h>

#include "scope_clock.h"
#include "thread_log.h"

/// The process-wide state: the list of logs, and the begin of their counts.
namespace kymo::KYMO_ABI::profile {

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
