#include "fork_gate.h"

#include <pthread.h>
#include <sched.h>

#include "process.h"

namespace kymo::KYMO_ABI {
namespace {

void (*after_fork_in_child)() noexcept = nullptr;
// Number of StructureLocks of this thread: the outermost holds the gate for all.
constinit thread_local int locks_held = 0;

// Sequentially consistent, here and in begin_change(): when a fork meets a change, at least one sees the
// other.
void before_fork() {
  Process& shared = process();
  while (shared.forking.exchange(true)) sched_yield();  // another thread forks
  while (shared.changing.load() != 0) sched_yield();
}

void in_parent() { process().forking.store(false); }

void in_child() {
  process().fork_generation.fetch_add(1, std::memory_order_release);
  after_fork_in_child();
  process().forking.store(false);
}

void begin_change() noexcept {
  Process& shared = process();
  for (;;) {
    shared.changing.fetch_add(1);
    if (!shared.forking.load()) return;
    shared.changing.fetch_sub(1);
    while (shared.forking.load()) sched_yield();
  }
}

}  // namespace

std::uint32_t fork_generation() noexcept { return process().fork_generation.load(std::memory_order_acquire); }

void watch_forks(void (*in_child_call)() noexcept) noexcept {
  after_fork_in_child = in_child_call;
  pthread_atfork(before_fork, in_parent, in_child);
}

StructureLock::StructureLock(std::mutex& mutex) noexcept : mutex_(mutex) {
  if (locks_held++ == 0) begin_change();
  mutex_.lock();
}

StructureLock::~StructureLock() {
  mutex_.unlock();
  if (--locks_held == 0) process().changing.fetch_sub(1);
}

}  // namespace kymo::KYMO_ABI
