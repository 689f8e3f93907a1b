#pragma once

#include <string>
#include <string_view>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::base {

// Numbers for a person, as the dashboard writes them (tests/base/golden/number_texts.tsv holds cases of
// both): three or four digits and a unit. Unknown is NaN here. Output is ASCII in every locale: `u` is micro,
// `inf` infinity, `-` unknown.

/// Units of points in time, shown as a date; other times are durations.
inline constexpr std::string_view kUnixSeconds = "unix_seconds";
inline constexpr std::string_view kUnixMilliseconds = "unix_milliseconds";

/// A value of a family with that unit: `1.25 ms`, `45.0%`, `12.3 MiB/s`, `2.00e-5`, `2026-11-28 03:12:05`.
[[nodiscard]] std::string amount_text(double value, std::string_view unit = "");

/// A share as text. Its limits are whole hundredths, and one in a thousand. The text is cut where rounding
/// would reach a limit, so a value below a limit never reads as the limit.
[[nodiscard]] std::string cut_ratio_text(double share);

/// A score of 0 to 100, whose limits are multiples of five; cut as above.
[[nodiscard]] std::string score_text(double score);

/// A factor, with the limits 0.8 and 1; cut as above. Values below a tenth get more decimals, so that fast
/// servers do not all read 0.01.
[[nodiscard]] std::string factor_text(double value);

/// `2 d 3 h`, `4 h 10 min`, `5 min 20 s`, `12 s`: rounded to the second of its two parts.
[[nodiscard]] std::string duration_text(double seconds);

/// The unit of a family's growth per second.
[[nodiscard]] std::string rate_unit(std::string_view unit);

}  // namespace kymo::KYMO_ABI::base
