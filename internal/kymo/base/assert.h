#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include <kymo/version.h>

// Standard libraries with checks of their own, builds without optimization and sanitizers are for finding
// faults. A program in use goes on.
#ifndef KYMO_ASSERT_TRAPS
#if defined(__has_feature)
#define KYMO_HAS_FEATURE(feature) __has_feature(feature)
#else
#define KYMO_HAS_FEATURE(feature) 0
#endif
#if !defined(__OPTIMIZE__) || defined(_GLIBCXX_ASSERTIONS) || defined(__SANITIZE_ADDRESS__) || \
    defined(__SANITIZE_THREAD__) || KYMO_HAS_FEATURE(address_sanitizer) ||                     \
    KYMO_HAS_FEATURE(thread_sanitizer) || KYMO_HAS_FEATURE(memory_sanitizer)
#define KYMO_ASSERT_TRAPS 1
#else
#define KYMO_ASSERT_TRAPS 0
#endif
#endif

namespace kymo::KYMO_ABI::base {

/// One KYMO_ASSERT of the code. Static; known to failed_assertions() from its first failure on.
struct Assertion {
  const char* condition;
  const char* file;
  int line;
  std::atomic<std::uint64_t> failures{0};
  Assertion* next = nullptr;
};

/// Counts a failure. Threads: any. Async-signal-safe; allocates nothing.
void count_failure(Assertion& assertion) noexcept;

/// Prints the assertion to standard error and ends the process.
[[noreturn]] void trap_at(const Assertion& assertion) noexcept;

/// Failures of this process' assertions since its start. Threads: any.
[[nodiscard]] std::uint64_t assertion_failures() noexcept;

/// A message for each assertion that ever failed. Threads: any. Throws nothing but `std::bad_alloc`.
[[nodiscard]] std::vector<std::string> failed_assertions();

}  // namespace kymo::KYMO_ABI::base

/// States what must hold at this place, whatever a user or a client does. A failure is a fault of kymo. In a
/// build for finding faults it ends the process; elsewhere `kymo_assertion_failures_total` counts it, and the
/// program goes on. So code after it must be safe without it. Cost: the condition and a branch.
#if KYMO_ASSERT_TRAPS
#define KYMO_ASSERT_FAILED(assertion) ::kymo::base::trap_at(assertion)
#else
#define KYMO_ASSERT_FAILED(assertion) ::kymo::base::count_failure(assertion)
#endif
#define KYMO_ASSERT(statement)                                          \
  do {                                                                  \
    if (!(statement)) [[unlikely]] {                                    \
      static constinit ::kymo::base::Assertion kymo_assertion{          \
          .condition = #statement, .file = __FILE__, .line = __LINE__}; \
      KYMO_ASSERT_FAILED(kymo_assertion);                               \
    }                                                                   \
  } while (false)
