#include <kymo/packs/stream_metrics.h>

#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace kymo::KYMO_ABI::packs {
namespace {

template <class Instrument>
using Entry = std::pair<std::string_view, Instrument StreamMetrics::*>;

constexpr std::array<Entry<Counter>, 6> kCounters = {{
    {"audio_bytes_received", &StreamMetrics::audio_bytes_received},
    {"audio_frames_dropped", &StreamMetrics::audio_frames_dropped},
    {"asr_chunks_processed", &StreamMetrics::asr_chunks_processed},
    {"asr_errors", &StreamMetrics::asr_errors},
    {"ws_connections_total", &StreamMetrics::ws_connections},
    {"ws_disconnects_total", &StreamMetrics::ws_disconnects},
}};
constexpr std::array<Entry<Gauge>, 3> kGauges = {{
    {"queue_depth", &StreamMetrics::queue_depth},
    {"active_sessions", &StreamMetrics::active_sessions},
    {"processing_lag_seconds", &StreamMetrics::processing_lag_seconds},
}};
constexpr std::array<Entry<Histogram>, 2> kHistograms = {{
    {"inference_time_ms", &StreamMetrics::inference_time},
    {"processing_time_ms", &StreamMetrics::processing_time},
}};

template <class Entries, class Record>
bool record_by_name(const Entries& entries, std::string_view name, const Record& record) {
  for (const auto& [known, member] : entries) {
    if (known != name) continue;
    record(member);
    return true;
  }
  return false;
}

/// A histogram of a time, with the exported name and unit.
Histogram time_histogram(Registry& registry, StreamTimeUnit unit, const std::string& name,
                         const std::string& help, std::vector<double> bounds_ms) {
  if (unit == StreamTimeUnit::milliseconds) {
    return registry.histogram(name + "_ms", "Milliseconds" + help,
                              {.bounds = std::move(bounds_ms), .non_negative = true});
  }
  for (double& bound : bounds_ms) bound /= 1000;
  return registry.histogram(name + "_seconds", "Time" + help,
                            {.unit = "seconds", .bounds = std::move(bounds_ms), .non_negative = true});
}

}  // namespace

StreamMetrics::StreamMetrics(Registry& registry, StreamTimeUnit unit)
    : audio_bytes_received(registry.counter("audio_bytes_received", "Bytes of audio received.")),
      audio_frames_dropped(
          registry.counter("audio_frames_dropped", "Audio chunks dropped because a queue was full.")),
      asr_chunks_processed(registry.counter("asr_chunks_processed", "Audio chunks processed.")),
      asr_errors(registry.counter("asr_errors", "Audio chunks whose processing failed.")),
      ws_connections(registry.counter("ws_connections_total", "Sessions begun.")),
      ws_disconnects(registry.counter("ws_disconnects_total", "Sessions ended.")),
      queue_depth(registry.gauge("queue_depth", "Audio chunks waiting, over all sessions.")),
      active_sessions(registry.gauge("active_sessions", "Sessions open now.")),
      processing_lag_seconds(registry.gauge("processing_lag_seconds", "Longest backlog of audio.")),
      inference_time(time_histogram(registry, unit, "inference_time",
                                    " that the model takes for an audio chunk.",
                                    {50, 100, 250, 500, 1000, 2000, 5000})),
      processing_time(time_histogram(registry, unit, "processing_time",
                                     " that an audio chunk takes, inference included.",
                                     {100, 250, 500, 1000, 2000, 5000, 10000})),
      per_ms_(unit == StreamTimeUnit::milliseconds ? 1 : 1e-3) {
  queue_depth.set(0);
  active_sessions.set(0);
  processing_lag_seconds.set(0);
}

void StreamMetrics::record_times(std::chrono::nanoseconds inference,
                                 std::chrono::nanoseconds processing) noexcept {
  using Milliseconds = std::chrono::duration<double, std::milli>;
  inference_time.record(Milliseconds(inference).count() * per_ms_);
  processing_time.record(Milliseconds(processing).count() * per_ms_);
}

bool StreamMetrics::inc_counter(TextView name, std::uint64_t amount) noexcept {
  return record_by_name(kCounters, name, [&](auto member) { (this->*member).add(amount); });
}

bool StreamMetrics::set_gauge(TextView name, double value) noexcept {
  return record_by_name(kGauges, name, [&](auto member) { (this->*member).set(value); });
}

bool StreamMetrics::observe_histogram(TextView name, double value) noexcept {
  return record_by_name(kHistograms, name, [&](auto member) { (this->*member).record(value * per_ms_); });
}

}  // namespace kymo::KYMO_ABI::packs
