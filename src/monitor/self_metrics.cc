#include "self_metrics.h"

#include <string>
#include <string_view>

#include <kymo/core/histogram_value.h>
#include <kymo/version.h>

namespace kymo::KYMO_ABI::monitor {
namespace {

constexpr std::array<std::string_view, kRefusals> kRefusalNames = {"host", "origin", "token", "attempts"};

void counter(SnapshotWriter& writer, std::string_view name, std::string_view help, std::uint64_t value,
             std::string_view unit = {}) {
  writer.counter({name, help, unit}).add(static_cast<double>(value));
}

void gauge(SnapshotWriter& writer, std::string_view name, std::string_view help, std::uint64_t value) {
  writer.gauge({name, help}).add(static_cast<double>(value));
}

void write_http(SnapshotWriter& writer, const net::HttpServer::Statistics& http) {
  gauge(writer, "kymo_http_connections", "Connections open now.", http.connections_open);
  counter(writer, "kymo_http_connections_accepted_total", "Connections accepted.", http.connections_accepted);
  counter(writer, "kymo_http_connections_refused_total", "Connections refused because no place was free.",
          http.connections_refused);
  counter(writer, "kymo_http_connections_evicted_total", "Connections closed to make room for others.",
          http.connections_evicted);
  counter(writer, "kymo_http_requests_total", "Requests answered.", http.requests);
  counter(writer, "kymo_http_requests_bad_total", "Requests refused as malformed, too large or too slow.",
          http.requests_bad);
  counter(writer, "kymo_http_responses_refused_total",
          "Responses refused because too many bytes were in flight.", http.responses_refused);
  writer.gauge({"kymo_http_responses_in_flight_bytes", "Memory of responses in flight.", "bytes"})
      .add(static_cast<double>(http.responses_in_flight_bytes));
  counter(writer, "kymo_http_requests_late_total", "Requests refused because no thread was free in time.",
          http.requests_late);
  counter(writer, "kymo_http_requests_cancelled_total",
          "Requests whose handler was told that no client waits any more.", http.requests_cancelled);
  counter(writer, "kymo_http_heavy_refused_total",
          "Requests of heavy routes refused because too many waited already.", http.heavy_refused);
  counter(writer, "kymo_http_handler_errors_total", "Requests whose handler failed.", http.handler_errors);
  counter(writer, "kymo_http_timeouts_total", "Clients that timed out while sending or receiving.",
          http.timeouts);
  counter(writer, "kymo_http_tls_failures_total", "Connections whose TLS handshake failed.",
          http.tls_failures);
  counter(writer, "kymo_http_sent_bytes_total", "Bytes sent to clients.", http.bytes_sent, "bytes");
}

}  // namespace

SelfMetrics::SelfMetrics()
    : tick_duration_(timings_.timing("tick", "Holds durations of ticks.", {.recent = 0})) {}

void SelfMetrics::write(SnapshotWriter& writer, const Readings& readings) const {
  writer.gauge({"kymo_build_info", "The version of kymo in this process; always 1."})
      .add({{"version", version()}}, 1);
  writer.histogram({"kymo_tick_duration_seconds", "Time to measure the host and the process.", "seconds"})
      .add({}, tick_duration_.value());
  counter(writer, "kymo_ticks_missed_total", "Ticks skipped because an earlier one took too long.",
          readings.ticks_missed);
  counter(writer, "kymo_ticks_failed_total", "Ticks that an exception ended.",
          ticks_failed_.load(std::memory_order_relaxed));
  counter(writer, "kymo_snapshots_stale_total",
          "Readers given an old Snapshot or none, because a new one could not be taken.",
          readings.snapshots_stale);
  counter(writer, "kymo_log_records_lost_total", "Events lost because the log's sink failed.",
          readings.log_records_lost);
  write_http(writer, readings.http);
  counter(writer, "kymo_http_logins_evicted_total", "Logins of browsers evicted by newer ones.",
          readings.logins_evicted);
  FamilyWriter refused =
      writer.counter({"kymo_http_access_refused_total",
                      "Requests refused for their Host name, the page that sent them, or the token."});
  for (std::size_t i = 0; i < kRefusals; ++i) {
    const Label reason{"reason", kRefusalNames[i]};
    refused.add(Labels(&reason, 1), static_cast<double>(refused_[i].load(std::memory_order_relaxed)));
  }
}

}  // namespace kymo::KYMO_ABI::monitor
