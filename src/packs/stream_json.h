#pragma once

#include <chrono>
#include <cmath>
#include <optional>

#include <kymo/base/json_writer.h>
#include <kymo/packs/stream_messages.h>

/// Common parts of a session's messages and of the overview of all sessions.
namespace kymo::KYMO_ABI::packs {

/// Seconds since 1970, in whole milliseconds.
[[nodiscard]] inline double unix_seconds(std::chrono::system_clock::time_point time) noexcept {
  const auto since = std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch());
  return static_cast<double>(since.count()) / 1000;
}

/// The nearest number with at most six decimals; more are noise, and take room.
[[nodiscard]] inline double six_decimals(double value) noexcept {
  const double rounded = std::round(value * 1e6) / 1e6;
  return std::isfinite(rounded) ? rounded : value;  // too large for decimals
}

[[nodiscard]] inline std::optional<double> six_decimals(const std::optional<double>& value) noexcept {
  return value ? std::optional(six_decimals(*value)) : std::nullopt;
}

/// `session_id`, `attempt_id` and `connection_id`.
void write_session(const SessionIds& ids, base::JsonWriter& json);
/// `provider`, `model_id` and `vad_enabled`.
void write_model(const SessionIds& ids, base::JsonWriter& json);
/// The fields from `dropped_total` to `realtime_factor`: past events, without the waiting chunks.
void write_progress(const SourceFigures& figures, base::JsonWriter& json);

}  // namespace kymo::KYMO_ABI::packs
