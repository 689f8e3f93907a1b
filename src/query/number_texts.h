#pragma once

#include <string>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::query {

/// The shortest text that reads back, without an exponent; `NaN`, `+Inf`, `-Inf`. Threads: any.
[[nodiscard]] std::string plain_number_text(double value);

/// The same, with an exponent below 10^-6 and from 10^21 on, as the HTTP API writes samples. Threads: any.
[[nodiscard]] std::string sample_text(double value);

/// The same, with an exponent below 10^-4 and from 10^6 on. Threads: any.
[[nodiscard]] std::string general_number_text(double value);

}  // namespace kymo::KYMO_ABI::query
