#pragma once

#include <string>
#include <string_view>

namespace kymo::model {

// Numbers for a person, as the dashboard writes them: three or four digits and a unit. What is not known is
// NaN here.

/// A value of a family with that unit: `1.25 ms`, `45.0%`, `12.3 MiB/s`, `-` for what is not known.
[[nodiscard]] std::string amount_text(double value, std::string_view unit = "");

/// A factor below a tenth with three decimals, so that a quick server's do not all read 0.01.
[[nodiscard]] std::string factor_text(double value);

/// `2 d 3 h`, `4 h 10 min`, `5 min 20 s`, `12 s`.
[[nodiscard]] std::string duration_text(double seconds);

/// The unit of a family's growth per second.
[[nodiscard]] std::string rate_unit(std::string_view unit);

}  // namespace kymo::model
