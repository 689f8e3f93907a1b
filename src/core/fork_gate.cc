#include "fork_gate.h"

#include <pthread.h>

#include "process.h"

namespace kymo::inline v0 {
namespace {

void (*after_fork_in_child)() noexcept = nullptr;
// How many StructureLocks this thread holds: the outermost keeps the gate for those within.
constinit thread_local int locks_held = 0;

void before_fork() { pthread_rwlock_wrlock(&process().fork_gate); }

void in_parent() { pthread_rwlock_unlock(&process().fork_gate); }

void in_child() {
  // Unlocking would not do: the lock remembers a thread number that is not ours.
  process().fork_gate = PTHREAD_RWLOCK_INITIALIZER;
  process().fork_generation.fetch_add(1, std::memory_order_release);
  after_fork_in_child();
}

}  // namespace

std::uint32_t fork_generation() noexcept { return process().fork_generation.load(std::memory_order_acquire); }

void watch_forks(void (*in_child_call)() noexcept) noexcept {
  after_fork_in_child = in_child_call;
  pthread_atfork(before_fork, in_parent, in_child);
}

StructureLock::StructureLock(std::mutex& mutex) noexcept : mutex_(mutex) {
  if (locks_held++ == 0) pthread_rwlock_rdlock(&process().fork_gate);
  mutex_.lock();
}

StructureLock::~StructureLock() {
  mutex_.unlock();
  if (--locks_held == 0) pthread_rwlock_unlock(&process().fork_gate);
}

}  // namespace kymo::inline v0
