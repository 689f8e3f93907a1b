#pragma once

#include <cstdint>
#include <vector>

#include <kymo/live/route.h>

namespace kymo::KYMO_ABI::peers {
class PeerTable;
class SessionLog;
}  // namespace kymo::KYMO_ABI::peers

namespace kymo::KYMO_ABI::live {

/// The ids of peers in URLs and responses: their own, or base::anonymous_id() of them. Anonymous peers are
/// shown without a name.
enum class PeerIds : std::uint8_t { own, anonymous };

/// `GET /api/metrics/peers`, `/api/metrics/peers/{id}`, `/api/metrics/peers/{id}/latency?duration=5m`
/// (default: an hour), `/api/metrics/peers/{id}/hourly` and `/api/metrics/network`. 404 for an unknown peer,
/// 400 for an invalid duration. Unknown figures of a peer are null, never 0.
///
/// The table must outlive the routes; null: there are no peers.
[[nodiscard]] std::vector<Route> peer_routes(const peers::PeerTable* table, PeerIds ids = PeerIds::own);

/// `GET /api/metrics/sessions?limit=10` (1 to 1000): open sessions between peers, then the last ended ones,
/// newest first. 400 for an invalid limit.
///
/// The log must outlive the route; null: there are none.
[[nodiscard]] Route past_sessions_route(const peers::SessionLog* log, PeerIds ids = PeerIds::own);

}  // namespace kymo::KYMO_ABI::live
