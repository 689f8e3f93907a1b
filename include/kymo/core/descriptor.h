#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <kymo/version.h>

namespace kymo::KYMO_ABI {

/// The instrument kind of a family: OpenTelemetry's kinds, plus the window.
enum class Kind : std::uint8_t {
  counter,          ///< only grows
  up_down_counter,  ///< a sum that may fall; exported as a gauge
  gauge,            ///< the last value set
  histogram,        ///< a distribution over all values
  window,           ///< a distribution over the last N values; exported as a summary
};

/// Name of a kind in JSON and messages: "counter", "up_down_counter", "gauge", "histogram",
/// "window".
[[nodiscard]] KYMO_API std::string_view kind_name(Kind kind) noexcept;

/// Describes a family: made once at registration, shared by every Snapshot.
struct Descriptor {
  Kind kind = Kind::gauge;
  /// The registered name, e.g. `event.processing.duration` or `http_requests_total`. JSON and the live view
  /// show this name.
  std::string name;
  /// One sentence. Any UTF-8; writers escape it.
  std::string help;
  /// Base unit in Prometheus' words: "seconds", "bytes", "ratio", …; empty for plain numbers.
  std::string unit;
  /// The OpenMetrics family name, e.g. `event_processing_duration_seconds` or `http_requests` (no `_total`):
  /// `name` with characters outside [a-zA-Z0-9_:] as `_`, and the unit appended where the name lacks it.
  std::string family_name;
};

}  // namespace kymo::KYMO_ABI
