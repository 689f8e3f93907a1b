#pragma once

#include <string>
#include <string_view>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::base {

// Numbers for a person, as the dashboard writes them (tests/base/golden/number_texts.tsv holds cases of
// both): three or four digits and a unit. What is not known is NaN here. Each letter is one in every locale:
// `u` stands for micro, `inf` for infinity, `-` for what is not known.

/// The units of a moment in time, which is shown as a date; what is none is a duration.
inline constexpr std::string_view kUnixSeconds = "unix_seconds";
inline constexpr std::string_view kUnixMilliseconds = "unix_milliseconds";

/// A value of a family with that unit: `1.25 ms`, `45.0%`, `12.3 MiB/s`, `2.00e-5`, `2026-11-28 03:12:05`.
[[nodiscard]] std::string amount_text(double value, std::string_view unit = "");

/// A share beside what is judged by it. Limits are whole hundredths, and one in a thousand: where rounding
/// would reach one it is cut instead, so that what is below a limit never reads as the limit.
[[nodiscard]] std::string cut_ratio_text(double share);

/// A score of 0 to 100, of which the limits are multiples of five; cut as above.
[[nodiscard]] std::string score_text(double score);

/// A factor, with the limits 0.8 and 1; cut as above. One below a tenth has more decimals, so that a quick
/// server's do not all read 0.01.
[[nodiscard]] std::string factor_text(double value);

/// `2 d 3 h`, `4 h 10 min`, `5 min 20 s`, `12 s`: rounded to the second of its two parts.
[[nodiscard]] std::string duration_text(double seconds);

/// The unit of a family's growth per second.
[[nodiscard]] std::string rate_unit(std::string_view unit);

}  // namespace kymo::KYMO_ABI::base
