#pragma once

#include <string>

#include <kymo/bench/run.h>

namespace kymo::KYMO_ABI::bench {

/// A run as JSON, to keep and to compare later runs with (docs/guide/monitor.md).
[[nodiscard]] std::string to_json(const Run& run);

/// What to_json() wrote. Errors: std::runtime_error that says what is not as it should be.
[[nodiscard]] Run from_json(const std::string& text);

}  // namespace kymo::KYMO_ABI::bench
