#pragma once

#include <kymo/live/route.h>

namespace kymo::KYMO_ABI {

namespace packs {
class SessionStreams;
}

/// `GET /api/sessions/live` for a server's sessions, for MonitorOptions::routes:
///
///     kymo::Registry registry;
///     kymo::packs::SessionStreams streams(registry);
///     options.registry = &registry;
///     options.routes.push_back(kymo::sessions_route(streams));
///     kymo::Monitor monitor(options);
///
/// The streams must outlive the Monitor. For each session's own stream see SessionFeed.
[[nodiscard]] KYMO_API live::Route sessions_route(const packs::SessionStreams& streams);

}  // namespace kymo::KYMO_ABI
