#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <kymo/version.h>

/// Where the time goes: scopes that a program marks, timed while the profiler is on.
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
/// The profiler is the process' one and off at first. Scopes nest: what one took without those inside it is
/// its *self* time, and how often and how long each was is kept by thread and by path, that is by which
/// scopes it was in. A scope inside one of the same name is counted in the path of the outer one, and what is
/// inside it goes on from there; so a recursion has as many paths as it has functions. report.h reads it.
namespace kymo::KYMO_ABI::profile {

/// What enable() keeps besides figures.
struct Options {
  /// The last scopes of each thread, one by one, for a trace; 24 bytes each. A power of two (others are
  /// rounded up), at most 2^20; 0: none are kept. Holds for threads that record for the first time.
  std::size_t events_per_thread = 8192;
};

/// Begins to record, or goes on. Scopes that are open already are not recorded, those inside them are. The
/// first call of a process may take 20 ms, to measure the clock. Threads: any, here and below.
KYMO_API void enable(const Options& options = {}) noexcept;
/// Records no scope that begins from now on; those that are open are recorded still.
KYMO_API void disable() noexcept;
/// Forgets all that was recorded. Scopes that are open are forgotten with it.
KYMO_API void reset() noexcept;

/// A place in the code that has a scope. Its name is copied when it first records, so that the library it is
/// in may be unloaded. Places of one name are one function to the reports.
struct Site {
  const char* name;  ///< what Scope(Site&) takes; the macros below hand it over apart
  /// The name is what the compiler calls the function, to be shortened to its qualified name.
  bool is_function = false;
  std::atomic<std::uint32_t> id = 0;
};

/// Scopes are recorded. One load of a line that never changes, and a branch, is all that one costs while they
/// are not.
KYMO_API extern constinit std::atomic<bool> recording;

[[nodiscard]] inline bool is_enabled() noexcept { return recording.load(std::memory_order_relaxed); }

struct ThreadLog;

/// Times from its making to its end. Left by an exception that did not fly before, it counts as an error,
/// too.
///
/// Cost while on: two readings of a clock (see Stopwatch) and some ten nanoseconds; the first time of a
/// thread, and of a path in it, a system call or an allocation of address space, never of the heap. Errors:
/// nothing here throws. It must end on the thread that it began on, in the reverse order of beginning: not to
/// be held over a `co_await`. One that does not is not recorded, and counted as lost. In a signal handler: is
/// recorded, unless the handler interrupted the recording itself.
class [[nodiscard]] KYMO_API Scope final {
 public:
  constexpr explicit Scope(Site& site) noexcept
      : Scope([&site]() noexcept -> Site& { return site; }, site.name) {}
  /// The same by another name; `find_site` gives the site once it is wanted. What a compiler computes is not
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
  // The rest is set by enter() only, so that a scope that is not recorded writes one word.
  std::uint64_t begin_;
  std::uint64_t scale_;     // nanoseconds a tick times 2^32; 0: the clock's own nanoseconds
  std::uint64_t siblings_;  // what scopes before this one took, in the same scope
  std::uint64_t total_;     // of its site, before
  std::uint32_t node_;
  std::uint32_t outer_;
  unsigned exceptions_;
  std::uint32_t generation_;  // of resets
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

/// Times the rest of the block. `name`: a literal, or text that lives as long as the code. May stand twice in
/// a line, in a lambda, in a template, and in a `constexpr` function, which is timed where it runs.
#define KYMO_PROFILE_SCOPE(name) KYMO_PROFILE_NUMBERED_(__COUNTER__, name, false)
/// The same, by the function's qualified name.
#define KYMO_PROFILE_FUNCTION() KYMO_PROFILE_NUMBERED_(__COUNTER__, __PRETTY_FUNCTION__, true)
