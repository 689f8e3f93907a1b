#include "server/voice_metrics.h"

#include <string_view>

namespace voice {
namespace {

/// Looks the series of each value up once, here, so that recording into one costs no look-up.
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

double share_of(const kymo::Counter& hits, const kymo::Counter& misses) {
  const auto hit = static_cast<double>(hits.value());
  const double all = hit + static_cast<double>(misses.value());
  return all > 0 ? hit / all : 0.0;
}

}  // namespace

VoiceMetrics::VoiceMetrics(kymo::Registry& registry)
    : server_(registry),
      clients_(registry),
      messages_(registry),
      datagrams_(registry),
      audio_(registry),
      queues_(registry),
      processing_(registry),
      filter_banks_(registry) {}

VoiceMetrics::Clients::Clients(kymo::Registry& registry) {
  sessions = registry.counter("voice.sessions", "Sessions begun: WebSocket handshakes that succeeded.");
  sessions_active = registry.up_down_counter("voice.sessions.active", "Sessions going on now.");
  connected = registry.up_down_counter("websocket.clients", "WebSocket clients connected now.");
  refused = registry.counter("voice.clients.refused", "Connections refused because there were too many.");
}

VoiceMetrics::Messages::Messages(kymo::Registry& registry) {
  const auto size = registry.family<kymo::Histogram, "direction">(
      "websocket.message.size", "Payload of WebSocket messages.", {.unit = "bytes"});
  received_size = size.with("received");
  sent_size = size.with("sent");
  replies_dropped = registry.counter("voice.replies.dropped", "Replies to clients that read too slowly.");
  broadcasts_attempted =
      registry.counter("websocket.broadcast.attempt", "Broadcasts meant for a client, one for each client.");
  broadcasts_succeeded = registry.counter("websocket.broadcast.success", "Broadcasts sent to a client.");
  broadcasts_failed =
      registry.counter("websocket.broadcast.failure", "Broadcasts that a client did not get.");
}

VoiceMetrics::Datagrams::Datagrams(kymo::Registry& registry) {
  received = registry.counter("udp.packet.received", "Audio datagrams received.");
  dropped = registry.counter("udp.packet.dropped", "Audio datagrams that did not come in time.");
  late = registry.counter("udp.packet.late", "Audio datagrams that came after they had been given up.");
  duplicate = registry.counter("udp.packet.duplicate", "Audio datagrams that came twice.");
  gaps = registry.counter("udp.sequence.gap", "Times that sequence numbers were skipped, at least at first.");
  restarts = registry.counter("udp.stream.restarts", "Times that a sender began its sequence anew.");
  streams = registry.gauge("udp.streams", "UDP audio streams going on now.");
}

VoiceMetrics::Audio::Audio(kymo::Registry& registry) {
  bytes = by_source(
      registry.family<kymo::Counter, "source">("voice.audio.received", "PCM received.", {.unit = "bytes"}));
  seconds = by_source(registry.family<kymo::DoubleCounter, "source">(
      "voice.audio.duration", "Length of the audio received.", {.unit = "seconds"}));
  speech_seconds = by_source(registry.family<kymo::DoubleCounter, "source">(
      "voice.speech.duration", "Length of the speech in it.", {.unit = "seconds"}));
  // Decibels are negative, which the exponential buckets are not made for: bounds of its own.
  level = by_source(registry.family<kymo::Histogram, "source">(
      "voice.level.dbfs", "RMS level of each 100 ms, in dB relative to full scale.",
      {.bounds = {-90, -80, -70, -60, -50, -40, -30, -20, -10, -6, -3, 0}}));
  speech_ratio = registry.gauge("voice.speech.ratio", "Share of the streams in which someone speaks now.",
                                {.unit = "ratio"});
}

VoiceMetrics::Queues::Queues(kymo::Registry& registry) {
  depth = by_source(registry.family<kymo::UpDownCounter, "source">("voice.queue.depth",
                                                                   "Audio chunks that wait for a worker."));
  dropped = by_source(registry.family<kymo::Counter, "source">(
      "voice.frames.dropped", "Audio chunks dropped from full queues, the oldest first."));
  wait = registry.timing("voice.queue.wait", "Time that an audio chunk waits for a worker.");
}

VoiceMetrics::Processing::Processing(kymo::Registry& registry) {
  received = registry.counter("events.received", "Audio chunks queued for processing.");
  processed = registry.counter("events.processed", "Audio chunks processed.");
  duration = registry.timing("event.processing.duration", "Time that a worker spends on an audio chunk.");
  const auto stage = registry.family<kymo::Timing, "stage">(
      "voice.chunk.duration", "Time that a step of the signal processing takes.");
  stages = series_of(stage, kStageNames);
  realtime_factor =
      registry.histogram("voice.realtime.factor", "Processing time of an audio chunk over its length.");
  const auto errors = registry.family<kymo::Counter, "error_type">(
      "errors.event_processing", "Messages and audio chunks that could not be processed.");
  refused = series_of(errors, kErrorNames);
  failed = errors.with("exception");
}

VoiceMetrics::FilterBanks::FilterBanks(kymo::Registry& registry) {
  hits = registry.counter("cache.hits", "Resampling filters found in the cache.");
  misses = registry.counter("cache.misses", "Resampling filters that had to be computed.");
  hit_rate = registry.observe_gauge(
      "cache.hit_rate", "Share of the look-ups of resampling filters that the cache answered.",
      [found = hits, built = misses] { return share_of(found, built); }, {.unit = "ratio"});
}

VoiceMetrics::Session::Session(VoiceMetrics& metrics) noexcept
    : metrics_(metrics), connection_(metrics.server_.connect()) {
  metrics_.clients_.sessions.add();
  metrics_.clients_.sessions_active.add();
  metrics_.clients_.connected.add();
}

VoiceMetrics::Session::~Session() {
  metrics_.clients_.sessions_active.sub();
  metrics_.clients_.connected.sub();
}

void VoiceMetrics::message_received(std::size_t bytes) noexcept {
  server_.requests.add();
  messages_.received_size.record(static_cast<double>(bytes));
}

void VoiceMetrics::message_sent(std::size_t bytes) noexcept {
  messages_.sent_size.record(static_cast<double>(bytes));
}

void VoiceMetrics::message_refused(ErrorKind kind) noexcept {
  server_.errors.add();
  processing_.refused[index_of(kind)].add();
}

void VoiceMetrics::datagram_received(const ReorderBuffer::Outcome& outcome) noexcept {
  datagrams_.received.add();
  datagrams_.dropped.add(outcome.lost);
  datagrams_.late.add(outcome.late);
  datagrams_.duplicate.add(outcome.duplicates);
  datagrams_.gaps.add(outcome.gaps);
  datagrams_.restarts.add(outcome.restarts);
}

void VoiceMetrics::audio_received(Source source, std::size_t samples, int rate_hz) noexcept {
  audio_.bytes[index_of(source)].add(2 * samples);
  audio_.seconds[index_of(source)].add(static_cast<double>(samples) / rate_hz);
}

void VoiceMetrics::chunk_queued(Source source) noexcept {
  processing_.received.add();
  queues_.depth[index_of(source)].add();
}

void VoiceMetrics::chunks_left_queue(Source source, std::size_t count) noexcept {
  queues_.depth[index_of(source)].sub(static_cast<std::int64_t>(count));
}

void VoiceMetrics::chunks_dropped(Source source, std::size_t count) noexcept {
  queues_.dropped[index_of(source)].add(count);
  chunks_left_queue(source, count);
}

void VoiceMetrics::chunk_processed(const ChunkTimes& times) noexcept {
  processing_.processed.add();
  processing_.duration.record(times.processing);
  server_.processing_time.record(std::chrono::duration<double>(times.processing).count());
  processing_.realtime_factor.record(std::chrono::duration<double>(times.processing) / times.audio);
  queues_.wait.record(times.waited);
}

void VoiceMetrics::chunk_failed() noexcept {
  server_.errors.add();
  processing_.failed.add();
}

void VoiceMetrics::audio_analyzed(Source source, double level_dbfs,
                                  std::chrono::duration<double> speech) noexcept {
  audio_.level[index_of(source)].record(level_dbfs);
  audio_.speech_seconds[index_of(source)].add(speech.count());
}

void VoiceMetrics::filter_bank_found(FilterBankCache::Result result) noexcept {
  (result == FilterBankCache::Result::hit ? filter_banks_.hits : filter_banks_.misses).add();
}

void VoiceMetrics::room_changed(const RoomState& state) noexcept {
  datagrams_.streams.set(static_cast<double>(state.udp_streams));
  if (state.streams > 0) {
    audio_.speech_ratio.set(static_cast<double>(state.speaking) / static_cast<double>(state.streams));
  }
}

}  // namespace voice
