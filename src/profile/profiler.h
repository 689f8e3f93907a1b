#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>

#include <kymo/profile/profile.h>

#include "scope_clock.h"
#include "thread_log.h"

/// What there is once: the list of logs, and since when they count.
namespace kymo::KYMO_ABI::profile {

/// Locks for changes of a few instructions: a new log, a new name. A signal handler that interrupts such a
/// change on the thread that makes it finds is_changing().
class StructureChange final {
 public:
  StructureChange() noexcept;
  StructureChange(const StructureChange&) = delete;
  StructureChange& operator=(const StructureChange&) = delete;
  ~StructureChange();

  [[nodiscard]] static bool is_changing() noexcept;
};

struct Profiler {
  std::mutex readers;  ///< held by who reads, resets or switches; never by who records
  std::atomic<ThreadLog*> logs{nullptr};
  /// Of resets. Figures of an older one are void; each thread wipes its own when it next records.
  std::atomic<std::uint32_t> generation{1};
  std::atomic<std::uint64_t> events_per_thread{0};
  /// Scopes that could not be recorded.
  std::atomic<std::uint64_t> lost{0};

  // Of `readers`.
  std::optional<std::chrono::system_clock::time_point> started;
  std::uint64_t started_steady = 0;
  std::uint64_t enabled_steady = 0;  ///< when it was last turned on
  std::uint64_t enabled_before = 0;  ///< nanoseconds that it was on before that
  std::uint64_t last_scale = 0;      ///< the last that was not 0, for events of before

  /// For how long it has been on, in nanoseconds.
  [[nodiscard]] std::uint64_t duration() const noexcept;
};

/// Threads: any.
extern constinit Profiler the_profiler;

/// What the calling thread records into; null before its first scope and after its end. initial-exec: one
/// instruction to reach it.
extern constinit thread_local ThreadLog* leased_log __attribute__((tls_model("initial-exec")));

/// A log for the calling thread, which has none; null: there is no memory, or this is a signal handler that
/// interrupted a lease.
[[nodiscard]] ThreadLog* lease_log() noexcept;

/// Makes figures of before the last reset void, as their thread finds it out.
void renew(ThreadLog& log) noexcept;

}  // namespace kymo::KYMO_ABI::profile
