#pragma once

#include <string>

#include <kymo/bench/run.h>

namespace kymo::KYMO_ABI::bench {

/// A run as JSON, to keep and to compare later runs with (docs/guide/monitor.md).
[[nodiscard]] std::string to_json(const Run& run);

/// Reads the output of to_json(). Errors: std::runtime_error that names the fault.
[[nodiscard]] Run from_json(const std::string& text);

}  // namespace kymo::KYMO_ABI::bench
