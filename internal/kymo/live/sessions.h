#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/live/route.h>

namespace kymo::KYMO_ABI::live {

/// Where the figures of a server's sessions come from; whoever has them hands this in.
struct SessionsSource {
  /// What sessions can be sorted by.
  std::vector<std::string_view> fields;
  /// All sessions as JSON, with the `top` that have most of the field `by`; nothing for an unknown field. May
  /// be called from several threads at once.
  std::function<std::optional<std::string>(std::size_t top, std::string_view by)> json;
};

/// `GET /api/sessions/live?top=N&by=FIELD`: all sessions that go on now, taken together. Without parameters
/// the ten with the highest `realtime_factor`. 400 for a field that there is none of, and for an N that is
/// not 0 to 1000.
[[nodiscard]] Route live_sessions_route(SessionsSource source);

}  // namespace kymo::KYMO_ABI::live
