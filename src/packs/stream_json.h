#pragma once

#include <chrono>
#include <cmath>
#include <optional>

#include <kymo/base/json_writer.h>
#include <kymo/packs/stream_messages.h>

/// What the messages of one session and the overview of all of them have in common.
namespace kymo::KYMO_ABI::packs {

/// Seconds since 1970, in whole milliseconds.
[[nodiscard]] inline double unix_seconds(std::chrono::system_clock::time_point time) noexcept {
  const auto since = std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch());
  return static_cast<double>(since.count()) / 1000;
}

/// The nearest number with six decimals at most; more are noise, and take room.
[[nodiscard]] inline double six_decimals(double value) noexcept {
  const double rounded = std::round(value * 1e6) / 1e6;
  return std::isfinite(rounded) ? rounded : value;  // too large to have decimals
}

[[nodiscard]] inline std::optional<double> six_decimals(const std::optional<double>& value) noexcept {
  return value ? std::optional(six_decimals(*value)) : std::nullopt;
}

/// `session_id`, `attempt_id` and `connection_id`.
void write_session(const SessionIds& ids, base::JsonWriter& json);
/// `provider`, `model_id` and `vad_enabled`.
void write_model(const SessionIds& ids, base::JsonWriter& json);
/// From `dropped_total` to `realtime_factor`: what has been, without what waits.
void write_progress(const SourceFigures& figures, base::JsonWriter& json);

}  // namespace kymo::KYMO_ABI::packs
