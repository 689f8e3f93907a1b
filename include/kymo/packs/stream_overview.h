#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/core/histogram_value.h>
#include <kymo/packs/stream_session.h>

namespace kymo::KYMO_ABI::packs {

/// All sessions of a process at one instant.
struct SessionsOverview {
  std::chrono::system_clock::time_point time = {};
  std::size_t sessions = 0;
  std::size_t idle = 0;  ///< those of them that are idle
  std::size_t max_sessions = 0;
  SourceFigures sums = {};                   ///< mean inference time and realtime factor: the worst
  double lag_seconds = 0;                    ///< the longest backlog of audio
  std::array<std::uint64_t, 5> levels = {};  ///< sessions at each DegradeLevel
  HistogramValue inference_ms = {};          ///< of all current sessions, merged
  HistogramValue processing_ms = {};
  std::string by;                        ///< the sort field of `top`
  std::vector<SessionSummary> top = {};  ///< most first
};

/// The sort fields of sessions, as JSON names them: "queue_depth", "realtime_factor", …
[[nodiscard]] KYMO_API std::span<const std::string_view> session_fields() noexcept;

/// Summarizes the sessions; nothing where `by` is no field. Threads: any.
[[nodiscard]] KYMO_API std::optional<SessionsOverview> make_overview(std::vector<SessionSummary> sessions,
                                                                     std::size_t top, std::string_view by);

/// As JSON: see docs/reference/stream.md. Threads: any.
[[nodiscard]] KYMO_API std::string to_json(const SessionsOverview& overview);

}  // namespace kymo::KYMO_ABI::packs
