#pragma once

#include <string>

#include <kymo/base/amount_text.h>

namespace kymo::KYMO_ABI::terminal {

using base::amount_text;
using base::cut_ratio_text;
using base::duration_text;
using base::factor_text;
using base::rate_unit;
using base::score_text;

/// The local time of day, to the second: `14:02:11`.
[[nodiscard]] std::string clock_text(double unix_seconds);
/// The local date and time of day, to the minute: `11-24 14:02`.
[[nodiscard]] std::string date_text(double unix_seconds);

}  // namespace kymo::KYMO_ABI::terminal
