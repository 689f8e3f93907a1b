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

/// What can be wrong with a process.
enum class Issue : std::uint8_t {
  leak,       ///< memory that grows all the time
  files,      ///< open files that do
  threads,    ///< threads that do
  cpu,        ///< it uses all CPU that it may, or one thread all of one core
  throttled,  ///< a group's CPU limit holds it back
  io,         ///< it waits for storage
};
inline constexpr std::array<std::string_view, 6> kIssueNames = {"leak", "fd",        "threads",
                                                                "cpu",  "throttled", "io"};

[[nodiscard]] constexpr std::string_view name_of(Issue issue) noexcept {
  return kIssueNames[static_cast<std::size_t>(issue)];
}

/// One thing that is wrong, and how that is known.
struct Finding {
  Issue issue = Issue::leak;
  std::string text;      ///< `memory grows all the time, as with a leak`
  std::string evidence;  ///< the figures that say so
};

/// From where on a finding is one.
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

/// How a metric's amount changed after the warm-up; nothing where that was too short, or it is a rate.
[[nodiscard]] std::optional<Growth> growth_of(const Recording& recording, Metric metric,
                                              const FindingLimits& limits = {});

/// How its memory grew, and which part of it: the first that does so steadily of the resident, the anonymous,
/// the anonymous with what is swapped out, and the proportional memory, which counts pages that are shared
/// with others. Where none does, the first that can be judged; nothing where none can.
struct MemoryGrowth {
  std::string_view title;
  Growth growth;
};
[[nodiscard]] std::optional<MemoryGrowth> memory_growth_of(const Recording& recording,
                                                           const FindingLimits& limits = {});

/// What is wrong, worst first. Threads: any.
[[nodiscard]] std::vector<Finding> find_issues(const Recording& recording, const Surroundings& surroundings,
                                               const FindingLimits& limits = {});

/// How long it has to be watched for growth to be judged, at so many readings a second.
[[nodiscard]] double seconds_to_judge(double rate_hz) noexcept;

}  // namespace kymo::KYMO_ABI::watch
