#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::profile {

/// All calls of one function, which is all scopes of one name, on whatever thread and path.
struct FunctionFigures {
  std::string name = {};
  std::uint64_t calls = 0;
  std::uint64_t errors = 0;  ///< calls that an exception left
  /// Within it, what it called included. A call inside another call of the same function adds nothing.
  std::chrono::nanoseconds total{};
  std::chrono::nanoseconds self{};  ///< in itself, without scopes inside it
  std::chrono::nanoseconds average{};
  std::chrono::nanoseconds min{};
  std::chrono::nanoseconds max{};
  std::chrono::nanoseconds p50{};  ///< percentiles of a call's duration, within 2 %
  std::chrono::nanoseconds p95{};
  std::chrono::nanoseconds p99{};
};

/// A function where it was called from one place: a node of a thread's call tree. No function is below
/// itself: what a function calls again while it runs is counted where it was called first.
struct PathFigures {
  static constexpr std::size_t kTop = ~std::size_t{0};

  std::size_t caller = kTop;  ///< where its caller is in the list, before it
  std::string name = {};
  std::uint64_t calls = 0;
  std::uint64_t errors = 0;
  std::chrono::nanoseconds total{};  ///< its own, and that of the paths below it
  std::chrono::nanoseconds self{};
};

/// What one thread did; or several of one name, one after the other.
struct ThreadFigures {
  std::int64_t id = 0;  ///< the kernel's, of the last of them
  std::string name = {};
  std::chrono::nanoseconds total{};     ///< in scopes
  std::vector<PathFigures> paths = {};  ///< callers before whom they call
};

/// What was recorded since the start or the last reset. A plain value.
struct Report {
  bool enabled = false;
  std::optional<std::chrono::system_clock::time_point> started = {};  ///< nothing: never
  std::chrono::nanoseconds duration{};                                ///< for how long it was on
  double clock_ns = 0;                                                ///< that a reading of the clock takes
  std::vector<ThreadFigures> threads = {};                            ///< most time first
  std::vector<FunctionFigures> functions = {};                        ///< most total time first
  std::uint64_t lost_scopes = 0;     ///< not recorded: without memory, or not ended as Scope demands
  std::uint64_t dropped_events = 0;  ///< that newer ones overwrote, so that a trace lacks them
};

/// Reads what all threads have recorded so far, and stops none of them. Threads: any. Errors: as std::vector.
[[nodiscard]] KYMO_API Report report();

/// The first `count` functions by their own time, most first.
[[nodiscard]] KYMO_API std::vector<FunctionFigures> hotspots_by_self(const Report& report, std::size_t count);

inline constexpr std::chrono::milliseconds kSlow{10};

/// Names of functions whose average call takes longer than `threshold`, slowest first.
[[nodiscard]] KYMO_API std::vector<std::string> slow_functions(const Report& report,
                                                               std::chrono::nanoseconds threshold = kSlow);

/// What this process takes of the machine. Not known: nothing.
struct ProcessFigures {
  std::optional<double> cpu_percent = {};  ///< 100: one core
  std::optional<double> resident_bytes = {};
  std::optional<double> threads = {};
  std::optional<double> open_fds = {};
};

struct ReportOptions {
  std::size_t limit = 50;  ///< functions, at most
  std::chrono::nanoseconds slow = kSlow;
  ProcessFigures process = {};
};

/// A table for people.
[[nodiscard]] KYMO_API std::string to_text(const Report& report, const ReportOptions& options = {});
/// As `GET /api/profile` gives it.
[[nodiscard]] KYMO_API std::string to_json(const Report& report, const ReportOptions& options = {});

/// Folded stacks: a line `thread;outer;inner MICROSECONDS` for each path's own time, as flame graph programs
/// take them. In names, `;` becomes `:` and control characters become blanks.
[[nodiscard]] KYMO_API std::string to_folded(const Report& report);

}  // namespace kymo::KYMO_ABI::profile
