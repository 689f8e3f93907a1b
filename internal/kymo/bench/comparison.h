#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <kymo/bench/run.h>

namespace kymo::KYMO_ABI::bench {

/// One figure and its change since an earlier run. Shares: 0.1 is a tenth more.
struct Change {
  enum class Verdict : std::uint8_t { same, slower, faster, is_new, not_taken };
  double before = 0;
  double share = 0;                    ///< now over before, less 1
  std::optional<double> of_the_limit;  ///< the same for the multiple of the machine's limit
  double noise = 0;                    ///< smaller changes are meaningless
  Verdict verdict = Verdict::not_taken;
};

/// Compares two runs. Noise is one and a half times the spread of both runs' turns (the distance of their
/// quartiles, joined as independent errors), at least kLeastNoise: two runs differ more than the turns of
/// one. A figure with a machine's limit is slower, or faster, only if its multiple of the limit has changed
/// too, by more than the noise. A slower machine also slows its limits.
inline constexpr double kLeastNoise = 0.05;
[[nodiscard]] Change compare(const Figure& now, const Figure* before);

/// The reason why the runs' figures are not comparable; empty: none.
[[nodiscard]] std::string doubt(const Run& now, const Run& before);

/// The figures for people; with the changes since `before` if it is not null.
[[nodiscard]] std::string table_of(const Run& run, const Run* before);

/// Figures that became slower by more than `share` and the noise: a line each.
[[nodiscard]] std::vector<std::string> regressions(const Run& now, const Run& before, double share);

}  // namespace kymo::KYMO_ABI::bench
