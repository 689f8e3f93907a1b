#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <kymo/bench/run.h>

namespace kymo::KYMO_ABI::bench {

/// One figure beside the same of an earlier run. Shares: 0.1 is a tenth more.
struct Change {
  enum class Verdict : std::uint8_t { same, slower, faster, is_new, not_taken };
  double before = 0;
  double share = 0;                    ///< now, of what it was, less 1
  std::optional<double> of_the_limit;  ///< the same of how many times the machine's limit it takes
  double noise = 0;                    ///< a change up to this means nothing
  Verdict verdict = Verdict::not_taken;
};

/// Compares. Noise is one and a half times how much the turns of both runs differ (the distance of their
/// quartiles, joined as independent errors), at least kLeastNoise: two runs differ more than the turns of one
/// do. What is held against a limit of the machine is slower, or faster, only if that share has changed as
/// well, and by more than the noise: a machine that is slower today slows its limits too.
inline constexpr double kLeastNoise = 0.05;
[[nodiscard]] Change compare(const Figure& now, const Figure* before);

/// Why figures of the runs should not be compared; empty: nothing speaks against it.
[[nodiscard]] std::string doubt(const Run& now, const Run& before);

/// The figures for people; with the changes since `before` where that is not null.
[[nodiscard]] std::string table_of(const Run& run, const Run* before);

/// What has become slower by more than `share` and than the noise: a line each.
[[nodiscard]] std::vector<std::string> regressions(const Run& now, const Run& before, double share);

}  // namespace kymo::KYMO_ABI::bench
