#include "client/client_metrics.h"

#include <cmath>
#include <cstddef>

#include <kymo/core/histogram_value.h>

namespace voice {
namespace {

double quantile_ms(const kymo::HistogramValue& value, double q) {
  return value.count() == 0 ? 0.0 : 1e3 * value.quantile(q);
}

}  // namespace

ClientMetrics::ClientMetrics(kymo::Registry& registry) {
  visits_ = registry.counter("voice.client.visits", "Connections to the server that succeeded.");
  connected_ = registry.up_down_counter("voice.client.connected", "Clients connected now.");
  connection_failures_ =
      registry.counter("voice.client.connection.failures", "Connections that could not be made.");
  const auto frames =
      registry.family<kymo::Counter, "transport">("voice.client.frames", "Audio frames sent.");
  frames_ = {frames.with("websocket"), frames.with("udp")};
  pace_lag_ = registry.timing("voice.client.pace.lag", "How late a frame is sent, against its plan.");
  datagrams_lost_ = registry.counter("voice.client.datagrams.lost", "Datagrams not sent, on purpose.");
  datagrams_delayed_ =
      registry.counter("voice.client.datagrams.delayed", "Datagrams sent out of order, on purpose.");
  reports_ = registry.counter("voice.client.reports", "Reports received from the server.");
  room_states_ = registry.counter("voice.client.room_states", "Broadcasts received from the server.");
  const auto errors =
      registry.family<kymo::Counter, "error_type">("voice.client.errors", "Errors that the server answered.");
  for (std::size_t i = 0; i < errors_.size(); ++i) errors_[i] = errors.with(kErrorNames[i]);
  round_trip_ = registry.timing("voice.client.round_trip",
                                "From sending a frame to receiving the report that includes it.");
}

void ClientMetrics::frame_sent(Transport transport, std::chrono::nanoseconds late) noexcept {
  frames_[static_cast<std::size_t>(transport)].add();
  pace_lag_.record(late);
}

void ClientMetrics::report_received(std::chrono::nanoseconds round_trip) noexcept {
  reports_.add();
  round_trip_.record(round_trip);
}

ClientMetrics::Summary ClientMetrics::summary() const {
  Summary summary{.visits = visits_.value(),
                  .connection_failures = connection_failures_.value(),
                  .frames = frames_[0].value(),
                  .datagrams = frames_[1].value(),
                  .reports = reports_.value(),
                  .room_states = room_states_.value()};
  for (const auto& error : errors_) summary.errors += error.value();
  const auto round_trips = round_trip_.value();
  summary.round_trip_p50_ms = quantile_ms(round_trips, 0.5);
  summary.round_trip_p99_ms = quantile_ms(round_trips, 0.99);
  return summary;
}

}  // namespace voice
