#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <kymo/live/peers.h>
#include <kymo/model/json_writer.h>

namespace kymo::live {

void write_peer(const PeerFigures& peer, model::JsonWriter& json);

// Whole answers, with a newline at the end.
[[nodiscard]] std::string peer_latency_json(std::string_view id, const std::vector<LatencyPoint>& points);
[[nodiscard]] std::string peer_hours_json(std::string_view id, const std::vector<PeerHour>& hours);
[[nodiscard]] std::string network_json(const NetworkFigures& network);

}  // namespace kymo::live
