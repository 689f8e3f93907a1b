#include "fork_gate.h"

#include <pthread.h>

namespace kymo::inline v0 {
namespace {

constinit std::atomic<std::uint32_t> generation{0};
// Shared by whoever changes structures, taken whole by a fork. Readers go first (glibc's default), so that a
// thread may hold two.
pthread_rwlock_t gate = PTHREAD_RWLOCK_INITIALIZER;
void (*after_fork_in_child)() noexcept = nullptr;

void before_fork() { pthread_rwlock_wrlock(&gate); }

void in_parent() { pthread_rwlock_unlock(&gate); }

void in_child() {
  // Unlocking would not do: the lock remembers a thread number that is not ours.
  gate = PTHREAD_RWLOCK_INITIALIZER;
  generation.fetch_add(1, std::memory_order_release);
  after_fork_in_child();
}

}  // namespace

std::uint32_t fork_generation() noexcept { return generation.load(std::memory_order_acquire); }

void watch_forks(void (*in_child_call)() noexcept) noexcept {
  after_fork_in_child = in_child_call;
  pthread_atfork(before_fork, in_parent, in_child);
}

StructureLock::StructureLock(std::mutex& mutex) noexcept : mutex_(mutex) {
  pthread_rwlock_rdlock(&gate);
  mutex_.lock();
}

StructureLock::~StructureLock() {
  mutex_.unlock();
  pthread_rwlock_unlock(&gate);
}

}  // namespace kymo::inline v0
