#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::profile {

/// All calls of one function, that is all scopes of one name, on any thread and path.
struct FunctionFigures {
  std::string name = {};
  std::uint64_t calls = 0;
  std::uint64_t errors = 0;  ///< calls that an exception left
  /// Time within the function and its callees. A call inside another call of the same function adds nothing.
  std::chrono::nanoseconds total{};
  std::chrono::nanoseconds self{};  ///< in itself, without scopes inside it
  std::chrono::nanoseconds average{};
  std::chrono::nanoseconds min{};
  std::chrono::nanoseconds max{};
  std::chrono::nanoseconds p50{};  ///< percentiles of a call's duration, within 2 %
  std::chrono::nanoseconds p95{};
  std::chrono::nanoseconds p99{};
};

/// A function by its caller: a node of a thread's call tree. No function is below itself: a recursive call
/// counts where the function was called first.
struct PathFigures {
  static constexpr std::size_t kTop = ~std::size_t{0};

  std::size_t caller = kTop;  ///< index of its caller in the list, before its own
  std::string name = {};
  std::uint64_t calls = 0;
  std::uint64_t errors = 0;
  std::chrono::nanoseconds total{};  ///< its own, and that of the paths below it
  std::chrono::nanoseconds self{};
};

/// Figures of one thread; or of several with one name, one after the other.
struct ThreadFigures {
  std::int64_t id = 0;  ///< the kernel's, of the last of them
  std::string name = {};
  std::chrono::nanoseconds total{};     ///< in scopes
  std::vector<PathFigures> paths = {};  ///< callers before callees
};

/// Figures since the start or the last reset. A plain value.
struct Report {
  bool enabled = false;
  std::optional<std::chrono::system_clock::time_point> started = {};  ///< empty: never
  std::chrono::nanoseconds duration{};                                ///< total time that the profiler was on
  double clock_ns = 0;                                                ///< of one reading of the clock
  std::vector<ThreadFigures> threads = {};                            ///< most time first
  std::vector<FunctionFigures> functions = {};                        ///< most total time first
  std::uint64_t lost_scopes = 0;     ///< not recorded: out of memory, or not ended as Scope requires
  std::uint64_t dropped_events = 0;  ///< overwritten by newer ones, so a trace lacks them
};

/// Reads all threads' records, and stops none of them. Threads: any. Errors: as std::vector.
[[nodiscard]] KYMO_API Report report();

/// The first `count` functions by self time, most first.
[[nodiscard]] KYMO_API std::vector<FunctionFigures> hotspots_by_self(const Report& report, std::size_t count);

inline constexpr std::chrono::milliseconds kSlow{10};

/// Names of functions whose average call takes longer than `threshold`, slowest first.
[[nodiscard]] KYMO_API std::vector<std::string> slow_functions(const Report& report,
                                                               std::chrono::nanoseconds threshold = kSlow);

/// The process' use of the machine. Empty: unknown.
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
/// The JSON of `GET /api/profile`.
[[nodiscard]] KYMO_API std::string to_json(const Report& report, const ReportOptions& options = {});

/// Folded stacks, the input of flame graph programs: a line `thread;outer;inner MICROSECONDS` for each path's
/// self time. In names, `;` becomes `:` and control characters become blanks.
[[nodiscard]] KYMO_API std::string to_folded(const Report& report);

}  // namespace kymo::KYMO_ABI::profile
