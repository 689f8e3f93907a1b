#include "server/audio_stream.h"

#include <chrono>
#include <exception>
#include <utility>

namespace voice {
namespace {

/// Chunks that a worker takes before other streams get their turn.
constexpr int kChunksPerTurn = 8;

}  // namespace

AudioStream::AudioStream(Source source, int rate_hz, Engine& engine, OnReport on_report,
                         std::shared_ptr<kymo::packs::SourceStream> told)
    : source_(source),
      rate_hz_(rate_hz),
      engine_(engine),
      on_report_(std::move(on_report)),
      told_(told ? std::move(told) : engine.metrics.source_without_session(source)),
      queue_(kQueueFrames),
      analyzer_(rate_hz, engine.banks, engine.metrics) {}

AudioStream::~AudioStream() { engine_.metrics.chunks_left_queue(source_, queue_.size()); }

void AudioStream::push(Chunk chunk) {
  engine_.metrics.chunk_queued(source_);
  told_->queued(measure(chunk));
  if (const auto dropped = queue_.push(std::move(chunk))) {
    dropped_.fetch_add(1, std::memory_order_relaxed);
    engine_.metrics.chunks_dropped(source_, 1);
    told_->dropped(measure(*dropped));
  }
  if (!scheduled_.exchange(true)) engine_.workers.submit(shared_from_this());
}

WorkItem::Next AudioStream::run() noexcept {
  for (int i = 0; i < kChunksPerTurn; ++i) {
    const auto chunk = queue_.pop();
    if (!chunk) break;
    engine_.metrics.chunks_left_queue(source_, 1);
    told_->taken(measure(*chunk));
    try {
      process(*chunk);
    } catch (const std::exception&) {
      engine_.metrics.chunk_failed();
      told_->failed();
    }
  }
  if (queue_.size() > 0) return Next::again;
  scheduled_.store(false);
  // A push between the two lines above saw `scheduled_` and left the chunk to this call.
  return queue_.size() > 0 && !scheduled_.exchange(true) ? Next::again : Next::done;
}

void AudioStream::process(const Chunk& chunk) {
  const auto event = engine_.metrics.processing(source_);
  const auto started = std::chrono::steady_clock::now();
  const auto found = analyzer_.process(chunk.samples);
  const auto analyzed = std::chrono::steady_clock::now();
  const auto audio = measure(chunk).audio;
  engine_.metrics.chunk_processed(
      {.waited = started - chunk.received, .processing = analyzed - started, .audio = audio});
  for (const Analysis& analysis : found) report(chunk, analysis);
  told_->processed({.inference = analyzed - started,
                    .processing = std::chrono::steady_clock::now() - started,
                    .audio = audio});
}

kymo::packs::StreamChunk AudioStream::measure(const Chunk& chunk) const noexcept {
  const std::chrono::duration<double> audio(static_cast<double>(chunk.samples.size()) / rate_hz_);
  return {.bytes = chunk.samples.size() * sizeof(chunk.samples.front()),
          .audio = std::chrono::duration_cast<std::chrono::nanoseconds>(audio)};
}

void AudioStream::report(const Chunk& chunk, const Analysis& analysis) {
  const bool speech = analysis.speech_ratio >= 0.5;
  speaking_.store(speech, std::memory_order_relaxed);
  engine_.metrics.audio_analyzed(source_, analysis.level.rms_dbfs,
                                 analysis.speech_ratio * ChunkAnalyzer::kAnalysisTime);
  if (!on_report_) return;
  on_report_({.source = source_,
              .sequence = chunk.sequence,
              .level_dbfs = analysis.level.rms_dbfs,
              .peak_dbfs = analysis.level.peak_dbfs,
              .speech = speech,
              .pitch_hz = analysis.pitch_hz,
              .queue_depth = queue_.size(),
              .dropped = dropped_.load(std::memory_order_relaxed)});
}

}  // namespace voice
