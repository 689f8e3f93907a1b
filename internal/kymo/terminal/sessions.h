#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/terminal/world.h>

namespace kymo::KYMO_ABI::terminal {

enum class Level : std::uint8_t { well, degraded, unwell };

[[nodiscard]] std::string_view level_name(Level level) noexcept;

/// One session of `GET /api/sessions/live` (docs/reference/stream.md), and its health.
struct SessionRow {
  std::string id;
  std::string model;   ///< provider and model
  std::string ladder;  ///< the step of the ladder, `NORMAL` and worse
  bool idle = false;   ///< no audio for a while, so its pace is unknown
  double age_seconds = kUnknown;
  double sources = kUnknown;
  double fill = kUnknown;
  double backlog_seconds = kUnknown;
  double realtime_factor = kUnknown;
  double inference_ms = kUnknown;
  double dropped = kUnknown;
  double dropped_recent = kUnknown;
  double errors = kUnknown;
  Level level = Level::well;
  std::vector<std::string> reasons;
};

struct Sessions {
  double count = 0;  ///< of open sessions; `rows` may be fewer
  std::vector<SessionRow> rows;
};

/// Nothing for an unknown form of response.
[[nodiscard]] std::optional<Sessions> parse_sessions(std::string_view answer);

}  // namespace kymo::KYMO_ABI::terminal
