#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <kymo/version.h>

/// Profiling: scopes that a program marks, timed while the profiler is on.
///
///     void Room::mix() {
///       KYMO_PROFILE_FUNCTION();
///       …
///       {
///         KYMO_PROFILE_SCOPE("mix.resample");
///         …
///       }
///     }
///
/// A process has one profiler, off at first. Scopes nest: a scope's time without the scopes inside it is its
/// *self* time. Number and duration are kept by thread and by path, that is by the enclosing scopes. A scope
/// inside one of the same name counts in the path of the outer one, and inner scopes go on from there; so a
/// recursion has as many paths as functions. report.h reads the result.
namespace kymo::KYMO_ABI::profile {

/// Data that enable() keeps besides figures.
struct Options {
  /// Number of last scopes to keep of each thread, one by one, for a trace; 24 bytes each. A power of two
  /// (others are rounded up), at most 2^20; 0: none. Applies to threads that record for the first time.
  std::size_t events_per_thread = 8192;
};

/// Begins to record, or continues. Scopes that are already open are not recorded, those inside them are. The
/// first call of a process may take 20 ms, to measure the clock. Threads: any, here and below.
KYMO_API void enable(const Options& options = {}) noexcept;
/// Records no scope that begins from now on; open scopes are still recorded.
KYMO_API void disable() noexcept;
/// Forgets all records, also of open scopes.
KYMO_API void reset() noexcept;

/// A place in the code with a scope. Its name is copied at the first record, so its library may be unloaded.
/// Reports take places of one name as one function.
struct Site {
  const char* name;  ///< used by Scope(Site&); the macros below pass the name separately
  /// True: the name is the compiler's name of the function, and is shortened to its qualified name.
  bool is_function = false;
  std::atomic<std::uint32_t> id = 0;
};

/// True while scopes are recorded. While off, a scope costs one load of a line that never changes, and a
/// branch.
KYMO_API extern constinit std::atomic<bool> recording;

[[nodiscard]] inline bool is_enabled() noexcept { return recording.load(std::memory_order_relaxed); }

struct ThreadLog;

/// Times from construction to destruction. If a new exception leaves the scope, it also counts as an
/// error.
///
/// Cost while on: two readings of a clock (see Stopwatch) and some ten nanoseconds. A thread's first scope,
/// and its first in a path, cost a system call or an allocation of address space, never of the heap. Errors:
/// nothing here throws. A scope must end on its own thread, in the reverse order of beginning: never hold it
/// over a `co_await`. One that does not is not recorded, and counts as lost. In a signal handler it is
/// recorded, unless the handler interrupted the recording itself.
class [[nodiscard]] KYMO_API Scope final {
 public:
  constexpr explicit Scope(Site& site) noexcept
      : Scope([&site]() noexcept -> Site& { return site; }, site.name) {}
  /// The same by another name; `find_site` gives the site when needed. Compile-time evaluation is not
  /// recorded.
  template <class FindSite>
  constexpr Scope(FindSite find_site, const char* name) noexcept {
    if (std::is_constant_evaluated()) return;
    if (is_enabled()) [[unlikely]]
      enter(find_site(), name);
  }
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;
  constexpr ~Scope() {
    if (log_ != nullptr) [[unlikely]]
      leave();
  }

 private:
  void enter(Site& site, const char* name) noexcept;
  void leave() noexcept;

  ThreadLog* log_ = nullptr;  // null: not recorded
  // Only enter() sets the rest, so a scope without a record writes one word.
  std::uint64_t begin_;
  std::uint64_t scale_;     // nanoseconds a tick times 2^32; 0: the clock's own nanoseconds
  std::uint64_t siblings_;  // time of earlier scopes in the same parent
  std::uint64_t total_;     // its site's total before
  std::uint32_t node_;
  std::uint32_t outer_;
  unsigned exceptions_;
  std::uint32_t generation_;  // number of resets at the start
};

}  // namespace kymo::KYMO_ABI::profile

#define KYMO_PROFILE_JOIN_(a, b) a##b
// A lambda holds the site, because a `constexpr` function must have no static variable of its own. The number
// is the compiler's, so that a macro may have several scopes in one line.
#define KYMO_PROFILE_AT_(number, name, is_function)                                     \
  const ::kymo::profile::Scope KYMO_PROFILE_JOIN_(kymo_profile_scope_, number)(         \
      []() noexcept -> ::kymo::profile::Site& {                                         \
        static constinit ::kymo::profile::Site kymo_profile_site{nullptr, is_function}; \
        return kymo_profile_site;                                                       \
      },                                                                                \
      name)
#define KYMO_PROFILE_NUMBERED_(number, name, is_function) KYMO_PROFILE_AT_(number, name, is_function)

/// Times the rest of the block. `name`: a literal, or text that lives as long as the code. May occur twice in
/// a line, in a lambda, in a template, and in a `constexpr` function, which is timed at run time.
#define KYMO_PROFILE_SCOPE(name) KYMO_PROFILE_NUMBERED_(__COUNTER__, name, false)
/// The same, by the function's qualified name.
#define KYMO_PROFILE_FUNCTION() KYMO_PROFILE_NUMBERED_(__COUNTER__, __PRETTY_FUNCTION__, true)
