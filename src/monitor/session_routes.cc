#include <kymo/monitor/session_routes.h>

#include <optional>
#include <string>
#include <string_view>

#include <kymo/live/session_hub.h>
#include <kymo/packs/stream_sessions.h>

namespace kymo::KYMO_ABI {

live::Route sessions_route(const packs::SessionStreams& streams) {
  const auto fields = packs::session_fields();
  const auto json = [&streams](std::size_t top, std::string_view by) -> std::optional<std::string> {
    const auto overview = streams.overview(packs::StreamTime::now(), top, by);
    if (!overview) return std::nullopt;
    return packs::to_json(*overview);
  };
  return live::live_sessions_route({.fields = {fields.begin(), fields.end()}, .json = json});
}

}  // namespace kymo::KYMO_ABI
