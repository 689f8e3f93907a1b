#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/watch/growth.h>
#include <kymo/watch/recording.h>

namespace kymo::KYMO_ABI::watch {

/// A kind of issue with a process.
enum class Issue : std::uint8_t {
  leak,       ///< memory that grows steadily
  files,      ///< open files that grow steadily
  threads,    ///< threads that grow steadily
  cpu,        ///< the process uses all its CPU, or one thread uses all of one core
  throttled,  ///< a group's CPU limit throttles it
  io,         ///< the process waits for storage
};
inline constexpr std::array<std::string_view, 6> kIssueNames = {"leak", "fd",        "threads",
                                                                "cpu",  "throttled", "io"};

[[nodiscard]] constexpr std::string_view name_of(Issue issue) noexcept {
  return kIssueNames[static_cast<std::size_t>(issue)];
}

/// One issue and its evidence.
struct Finding {
  Issue issue = Issue::leak;
  std::string text;      ///< `memory grows steadily, as with a leak`
  std::string evidence;  ///< the figures that prove the issue
};

/// The thresholds of findings.
struct FindingLimits {
  double leak_bytes = 2.0 * 1024 * 1024;  ///< growth up to this is an allocator's or a cache's
  double leak_share = 0.005;              ///< and up to this share of the memory
  double more_files = 4;
  double more_threads = 4;
  double saturation = 0.95;       ///< of one core
  double all_saturation = 0.9;    ///< of all cores that it may use
  double saturated_share = 0.5;   ///< of the readings
  double throttled_share = 0.01;  ///< of the time
  double wait_share = 0.1;        ///< of the time that a busy thread waits for a CPU
  double io_share = 0.2;          ///< of the readings
};

/// Growth of a metric's amount after the warm-up; nothing if the time was too short, or for a rate.
[[nodiscard]] std::optional<Growth> growth_of(const Recording& recording, Metric metric,
                                              const FindingLimits& limits = {});

/// The growth of memory, and the growing part. Parts are, in this order: resident, anonymous, anonymous with
/// swapped, and proportional memory, which divides shared pages. The first part with steady growth wins; else
/// the first with unclear growth; else the first that can be judged; else nothing.
struct MemoryGrowth {
  std::string_view title;
  Growth growth;
};
[[nodiscard]] std::optional<MemoryGrowth> memory_growth_of(const Recording& recording,
                                                           const FindingLimits& limits = {});

/// All issues, worst first. Threads: any.
[[nodiscard]] std::vector<Finding> find_issues(const Recording& recording, const Surroundings& surroundings,
                                               const FindingLimits& limits = {});

/// The time needed to judge growth, at this rate of readings.
[[nodiscard]] double seconds_to_judge(double rate_hz) noexcept;

}  // namespace kymo::KYMO_ABI::watch
