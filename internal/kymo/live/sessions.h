#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/live/route.h>

namespace kymo::KYMO_ABI::live {

/// The source of a server's session figures, handed in by its owner.
struct SessionsSource {
  /// The fields to sort sessions by.
  std::vector<std::string_view> fields;
  /// All sessions as JSON, with the `top` by the field `by`; nothing for an unknown field. Several threads
  /// may call it at once.
  std::function<std::optional<std::string>(std::size_t top, std::string_view by)> json;
};

/// `GET /api/sessions/live?top=N&by=FIELD`: a summary of all open sessions. By default the ten
/// with the highest `realtime_factor`. 400 for an unknown field, and for an N outside 0 to
/// 1000.
[[nodiscard]] Route live_sessions_route(SessionsSource source);

}  // namespace kymo::KYMO_ABI::live
