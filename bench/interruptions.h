#pragma once

#include <sched.h>

#include <cstdint>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::bench {

/// Keeps the thread on the processor that it is on, for as long as this lives, and counts what takes that
/// processor away from it: the scheduler, the timer and devices. What other processors ask of it, such as to
/// forget a mapping, is not counted: that may be the other thread's work.
class Interruptions final {
 public:
  Interruptions();
  Interruptions(const Interruptions&) = delete;
  Interruptions& operator=(const Interruptions&) = delete;
  ~Interruptions();

  [[nodiscard]] std::uint64_t count() const;

 private:
  cpu_set_t allowed_before_{};
  int processor_;
  int interrupts_;  ///< /proc/interrupts; -1 where there is none
};

}  // namespace kymo::KYMO_ABI::bench
