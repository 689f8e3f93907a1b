#pragma once

#include <cstdint>
#include <vector>

#include <kymo/live/route.h>

namespace kymo::KYMO_ABI::peers {
class PeerTable;
class SessionLog;
}  // namespace kymo::KYMO_ABI::peers

namespace kymo::KYMO_ABI::live {

/// By which ids peers are shown: their own, or base::anonymous_id() of them. By those that are shown they
/// are asked for, too; anonymous ones are shown without a name.
enum class PeerIds : std::uint8_t { own, anonymous };

/// `GET /api/metrics/peers`, `/api/metrics/peers/{id}`, `/api/metrics/peers/{id}/latency?duration=5m`
/// (default: an hour), `/api/metrics/peers/{id}/hourly` and `/api/metrics/network`. 404 for a peer that there
/// is none of, 400 for a duration that is none. What is not known of a peer is null, never 0.
///
/// The table must outlive the routes; null: there are no peers.
[[nodiscard]] std::vector<Route> peer_routes(const peers::PeerTable* table, PeerIds ids = PeerIds::own);

/// `GET /api/metrics/sessions?limit=10` (1 to 1000): the sessions between peers that go on, and then the last
/// that ended, newest first. 400 for a limit that is none.
///
/// The log must outlive the route; null: there are none.
[[nodiscard]] Route past_sessions_route(const peers::SessionLog* log, PeerIds ids = PeerIds::own);

}  // namespace kymo::KYMO_ABI::live
