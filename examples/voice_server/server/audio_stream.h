#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include <kymo/packs/stream_source.h>

#include "protocol/messages.h"
#include "protocol/source.h"
#include "server/chunk_analyzer.h"
#include "server/engine.h"
#include "server/frame_queue.h"
#include "server/worker_pool.h"

namespace voice {

/// One source of one client: its queue and its signal processing.
///
/// The network pushes chunks. Workers take them, one worker at a time, and emit a report for each 100 ms.
/// Threads: any, all members.
class AudioStream final : public WorkItem, public std::enable_shared_from_this<AudioStream> {
 public:
  /// Limit of waiting chunks: one second of audio.
  static constexpr std::size_t kQueueFrames = 50;

  /// Called by a worker.
  using OnReport = std::function<void(const Report&)>;

  /// `told` gets the stream's state, for the session's client; null: no session.
  AudioStream(Source source, int rate_hz, Engine& engine, OnReport on_report,
              std::shared_ptr<kymo::packs::SourceStream> told = nullptr);
  AudioStream(const AudioStream&) = delete;
  AudioStream& operator=(const AudioStream&) = delete;
  ~AudioStream() override;

  void push(Chunk chunk);
  [[nodiscard]] Next run() noexcept override;

  /// True if the last report had speech.
  [[nodiscard]] bool speaking() const noexcept { return speaking_.load(std::memory_order_relaxed); }

 private:
  void process(const Chunk& chunk);
  [[nodiscard]] kymo::packs::StreamChunk measure(const Chunk& chunk) const noexcept;
  void report(const Chunk& chunk, const Analysis& analysis);

  const Source source_;
  const int rate_hz_;
  Engine& engine_;
  const OnReport on_report_;
  const std::shared_ptr<kymo::packs::SourceStream> told_;
  FrameQueue queue_;
  ChunkAnalyzer analyzer_;
  std::atomic<std::uint64_t> dropped_ = 0;
  std::atomic<bool> scheduled_ = false;  // queued at the workers, or running
  std::atomic<bool> speaking_ = false;
};

}  // namespace voice
