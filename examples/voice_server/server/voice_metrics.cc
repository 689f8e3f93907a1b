#include "server/voice_metrics.h"

#include <string>
#include <string_view>
#include <utility>

namespace voice {
namespace {

/// Looks each value's series up once, here, so recording into one needs no look-up.
template <class Instrument, kymo::LabelKey Key, std::size_t N>
std::array<Instrument, N> series_of(const kymo::Family<Instrument, Key>& family,
                                    const std::array<std::string_view, N>& values) {
  std::array<Instrument, N> series;
  for (std::size_t i = 0; i < N; ++i) series[i] = family.with(values[i]);
  return series;
}

template <class Instrument>
auto by_source(const kymo::Family<Instrument, "source">& family) {
  return series_of(family, kSourceNames);
}

/// Kinds of error, exported as 0 until they happen.
kymo::packs::EventOptions event_options() {
  return {.error_types = {kErrorNames.begin(), kErrorNames.end()}};
}

}  // namespace

VoiceMetrics::VoiceMetrics(kymo::Registry& registry, std::function<void(std::string_view)> on_fault)
    : streams_(registry, {.report = std::move(on_fault), .time_unit = kymo::packs::StreamTimeUnit::seconds}),
      server_(registry),
      websocket_(registry),
      udp_(registry),
      events_(registry, event_options()),
      filter_banks_(registry),
      chunk_types_{events_.type(name_of(Source::mic)), events_.type(name_of(Source::speaker)),
                   events_.type(name_of(Source::udp))},
      message_type_(events_.type("message")),
      clients_(registry),
      audio_(registry),
      queues_(registry),
      processing_(registry) {}

VoiceMetrics::Clients::Clients(kymo::Registry& registry) {
  sessions = registry.counter("voice.sessions", "Sessions begun: WebSocket handshakes that succeeded.");
  sessions_active = registry.up_down_counter("voice.sessions.active", "Sessions open now.");
  refused = registry.counter("voice.clients.refused", "Connections refused because there were too many.");
  replies_dropped = registry.counter("voice.replies.dropped", "Replies to clients that read too slowly.");
}

VoiceMetrics::Audio::Audio(kymo::Registry& registry) {
  bytes = by_source(
      registry.family<kymo::Counter, "source">("voice.audio.received", "PCM received.", {.unit = "bytes"}));
  seconds = by_source(registry.family<kymo::DoubleCounter, "source">(
      "voice.audio.duration", "Length of the audio received.", {.unit = "seconds"}));
  speech_seconds = by_source(registry.family<kymo::DoubleCounter, "source">(
      "voice.speech.duration", "Length of the speech in it.", {.unit = "seconds"}));
  // Decibels are negative, which exponential buckets do not suit: the family has its own bounds.
  level = by_source(registry.family<kymo::Histogram, "source">(
      "voice.level.dbfs", "RMS level of each 100 ms, in dB relative to full scale.",
      {.bounds = {-90, -80, -70, -60, -50, -40, -30, -20, -10, -6, -3, 0}}));
  speech_ratio = registry.gauge("voice.speech.ratio", "Share of the streams in which someone speaks now.",
                                {.unit = "ratio"});
  udp_streams = registry.gauge("udp.streams", "UDP audio streams going on now.");
}

VoiceMetrics::Queues::Queues(kymo::Registry& registry) {
  depth = by_source(registry.family<kymo::UpDownCounter, "source">("voice.queue.depth",
                                                                   "Audio chunks that wait for a worker."));
  dropped = by_source(registry.family<kymo::Counter, "source">(
      "voice.frames.dropped", "Audio chunks dropped from full queues, the oldest first."));
  wait = registry.timing("voice.queue.wait", "Time that an audio chunk waits for a worker.");
}

VoiceMetrics::Processing::Processing(kymo::Registry& registry) {
  const auto stage = registry.family<kymo::Timing, "stage">(
      "voice.chunk.duration", "Time that a step of the signal processing takes.");
  stages = series_of(stage, kStageNames);
  realtime_factor =
      registry.histogram("voice.realtime.factor", "Processing time of an audio chunk over its length.");
}

VoiceMetrics::Session::Session(VoiceMetrics& metrics) noexcept
    : metrics_(metrics), connection_(metrics.server_.connect()), client_(metrics.websocket_.connect()) {
  metrics_.clients_.sessions.add();
  metrics_.clients_.sessions_active.add();
}

VoiceMetrics::Session::~Session() { metrics_.clients_.sessions_active.sub(); }

std::shared_ptr<kymo::packs::SourceStream> VoiceMetrics::source_without_session(Source source) const {
  return std::make_shared<kymo::packs::SourceStream>(
      kymo::packs::SourceOptions{.name = std::string(name_of(source))}, streams_.metrics());
}

void VoiceMetrics::message_received(std::size_t bytes) noexcept {
  server_.requests.add();
  websocket_.received(bytes);
}

void VoiceMetrics::message_sent(std::size_t bytes) noexcept { websocket_.sent(bytes); }

void VoiceMetrics::message_refused(ErrorKind kind) noexcept {
  server_.errors.add();
  events_.fail(message_type_, name_of(kind));
}

kymo::packs::UdpMetrics::Stream VoiceMetrics::udp_stream() {
  return kymo::packs::UdpMetrics::Stream(udp_, {.late_after = ReorderBuffer::kWindow});
}

void VoiceMetrics::audio_received(Source source, std::size_t samples, int rate_hz) noexcept {
  audio_.bytes[index_of(source)].add(2 * samples);
  audio_.seconds[index_of(source)].add(static_cast<double>(samples) / rate_hz);
}

void VoiceMetrics::chunk_queued(Source source) noexcept {
  events_.receive(chunk_types_[index_of(source)]);
  queues_.depth[index_of(source)].add();
}

void VoiceMetrics::chunks_left_queue(Source source, std::size_t count) noexcept {
  queues_.depth[index_of(source)].sub(static_cast<std::int64_t>(count));
}

void VoiceMetrics::chunks_dropped(Source source, std::size_t count) noexcept {
  queues_.dropped[index_of(source)].add(count);
  chunks_left_queue(source, count);
}

kymo::packs::EventMetrics::Handling VoiceMetrics::processing(Source source) noexcept {
  return events_.process(chunk_types_[index_of(source)]);
}

void VoiceMetrics::chunk_processed(const ChunkTimes& times) noexcept {
  server_.processing_time.record(std::chrono::duration<double>(times.processing).count());
  processing_.realtime_factor.record(std::chrono::duration<double>(times.processing) / times.audio);
  queues_.wait.record(times.waited);
}

void VoiceMetrics::audio_analyzed(Source source, double level_dbfs,
                                  std::chrono::duration<double> speech) noexcept {
  audio_.level[index_of(source)].record(level_dbfs);
  audio_.speech_seconds[index_of(source)].add(speech.count());
}

void VoiceMetrics::filter_bank_found(FilterBankCache::Result result) noexcept {
  filter_banks_.look_up(result == FilterBankCache::Result::hit);
}

void VoiceMetrics::room_changed(const RoomState& state) noexcept {
  audio_.udp_streams.set(static_cast<double>(state.udp_streams));
  const double streams = static_cast<double>(state.streams);
  audio_.speech_ratio.set(state.streams > 0 ? static_cast<double>(state.speaking) / streams : 0);
}

}  // namespace voice
