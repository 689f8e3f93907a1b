#pragma once

#include <string>

#include "src/model/amount_text.h"

namespace kymo::terminal {

using model::amount_text;
using model::cut_ratio_text;
using model::duration_text;
using model::factor_text;
using model::rate_unit;
using model::score_text;

/// The local time of day, to the second: `14:02:11`.
[[nodiscard]] std::string clock_text(double unix_seconds);
/// The local date and time of day, to the minute: `11-24 14:02`.
[[nodiscard]] std::string date_text(double unix_seconds);

}  // namespace kymo::terminal
