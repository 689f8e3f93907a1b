#include "profiler.h"

#include <dlfcn.h>
#include <pthread.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <thread>

namespace kymo::KYMO_ABI::profile {

constinit std::atomic<bool> recording{false};
constinit Profiler the_profiler;
constinit thread_local ThreadLog* leased_log = nullptr;

namespace {

constexpr std::size_t kMostEvents = std::size_t{1} << 20U;
/// Limit of ended threads' logs that wait for a thread of the same name. Beyond it, any thread gets them.
constexpr std::size_t kMostWaiting = 64;

constinit std::mutex structure;
constinit thread_local bool is_changing_structure = false;

// Guarded by `readers`, set by the first enable().
constinit bool is_prepared = false;
constinit pthread_key_t thread_end{};

/// Async-signal-safe, as all that a lease does.
void end_lease(void* log) noexcept {
  auto& ended = *static_cast<ThreadLog*>(log);
  ended.note_thread();
  leased_log = nullptr;
  ended.alive.store(0, kRelease);
}

void before_fork() {
  the_profiler.readers.lock();
  structure.lock();
}
void in_parent() {
  structure.unlock();
  the_profiler.readers.unlock();
}
/// The child begins at zero, without its parent's threads.
void in_child() {
  structure.unlock();
  the_profiler.readers.unlock();
  for (ThreadLog* log = the_profiler.logs.load(); log != nullptr; log = log->next) {
    if (log != leased_log) log->alive.store(0, kRelease);
  }
  if (leased_log != nullptr) leased_log->note_thread();
  reset();
}

/// Every recording thread calls into this library at its end, so the library must not be unloaded.
void keep_library() noexcept {
  Dl_info info{};
  if (::dladdr(&the_profiler, &info) == 0 || info.dli_fname == nullptr) return;
  (void)::dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
}

/// Waits until scopes use a single clock: two clocks in a trace differ a little.
void settle_clock() noexcept {
  constexpr std::chrono::milliseconds kLongEnough{21};  // see ticks::nanoseconds_per_tick
  ticks::calibrate();
  if (clock_scale() != 0) return;
  std::this_thread::sleep_for(kLongEnough);
  ticks::calibrate();
}

void prepare() noexcept {
  if (is_prepared) return;
  keep_library();
  settle_clock();
  if (::pthread_key_create(&thread_end, end_lease) != 0) return;
  (void)::pthread_atfork(before_fork, in_parent, in_child);
  is_prepared = true;
}

bool try_take(ThreadLog& log) noexcept {
  if (log.alive.load(kAcquire) != 0) return false;
  log.alive.store(1, kRelaxed);
  log.current = kRoot;
  log.children = 0;
  log.busy.store(0, kRelaxed);
  return true;
}

/// The log of an ended thread with this thread's name; or of any, if many wait.
ThreadLog* take_waiting_log() noexcept {
  const auto name = std::bit_cast<std::array<std::uint64_t, 2>>(name_of_this_thread());
  ThreadLog* of_any = nullptr;
  std::size_t waiting = 0;
  for (ThreadLog* log = the_profiler.logs.load(kRelaxed); log != nullptr; log = log->next) {
    if (log->alive.load(kAcquire) != 0) continue;
    const bool is_mixed = log->mixed.load(kRelaxed) != 0;
    if (!is_mixed && log->name[0].load(kRelaxed) == name[0] && log->name[1].load(kRelaxed) == name[1] &&
        try_take(*log)) {
      return log;
    }
    ++waiting;
    if (of_any == nullptr || is_mixed) of_any = log;
  }
  if (waiting < kMostWaiting || !try_take(*of_any)) return nullptr;
  of_any->mixed.store(1, kRelaxed);
  return of_any;
}

ThreadLog* make_log() noexcept {
  ThreadLog* const log = ThreadLog::map();
  if (log == nullptr) return nullptr;
  log->alive.store(1, kRelaxed);
  log->next = the_profiler.logs.load(kRelaxed);
  return log;
}

ThreadLog* find_or_make_log() noexcept {
  const StructureChange change;
  ThreadLog* log = take_waiting_log();
  if (log == nullptr) {
    log = make_log();
    if (log == nullptr) return nullptr;
    log->note_thread();
    log->generation.store(the_profiler.generation.load(), kRelaxed);
    the_profiler.logs.store(log, kRelease);
  }
  log->note_thread();
  log->note_exceptions();
  log->map_ring(the_profiler.events_per_thread.load(kRelaxed));
  if (::pthread_setspecific(thread_end, log) != 0) {
    log->alive.store(0, kRelease);
    return nullptr;
  }
  return log;
}

}  // namespace

StructureChange::StructureChange() noexcept {
  is_changing_structure = true;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  structure.lock();
}

StructureChange::~StructureChange() {
  structure.unlock();
  std::atomic_signal_fence(std::memory_order_seq_cst);
  is_changing_structure = false;
}

bool StructureChange::is_changing() noexcept { return is_changing_structure; }

std::uint64_t Profiler::duration() const noexcept {
  return enabled_before + (is_enabled() ? read_steady_clock() - enabled_steady : 0);
}

ThreadLog* lease_log() noexcept {
  if (StructureChange::is_changing()) return nullptr;
  const int saved_errno = errno;
  leased_log = find_or_make_log();
  errno = saved_errno;
  return leased_log;
}

void renew(ThreadLog& log) noexcept {
  const std::uint32_t generation = the_profiler.generation.load(kAcquire);
  log.wipe();
  log.generation.store(generation, kRelease);
}

void enable(const Options& options) noexcept {
  const std::lock_guard lock(the_profiler.readers);
  prepare();
  if (!is_prepared) return;
  ticks::calibrate();
  const std::size_t events = std::min(options.events_per_thread, kMostEvents);
  the_profiler.events_per_thread.store(events == 0 ? 0 : std::bit_ceil(events), kRelaxed);
  if (recording.load(kRelaxed)) return;
  the_profiler.enabled_steady = read_steady_clock();
  if (!the_profiler.started) {
    the_profiler.started = std::chrono::system_clock::now();
    the_profiler.started_steady = the_profiler.enabled_steady;
  }
  recording.store(true, kRelease);
}

void disable() noexcept {
  const std::lock_guard lock(the_profiler.readers);
  if (!recording.load(kRelaxed)) return;
  the_profiler.enabled_before = the_profiler.duration();
  recording.store(false, kRelaxed);
}

void reset() noexcept {
  const std::lock_guard lock(the_profiler.readers);
  const std::uint64_t now = read_steady_clock();
  the_profiler.generation.fetch_add(1, kRelease);
  the_profiler.lost.store(0, kRelaxed);
  the_profiler.started_steady = the_profiler.enabled_steady = now;
  the_profiler.enabled_before = 0;
  the_profiler.started.reset();
  if (is_enabled()) the_profiler.started = std::chrono::system_clock::now();
}

}  // namespace kymo::KYMO_ABI::profile
