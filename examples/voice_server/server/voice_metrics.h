#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include <kymo/core/registry.h>
#include <kymo/core/scoped_timer.h>
#include <kymo/packs/cache.h>
#include <kymo/packs/events.h>
#include <kymo/packs/server.h>
#include <kymo/packs/stream_sessions.h>
#include <kymo/packs/udp.h>
#include <kymo/packs/websocket.h>

#include "audio/filter_bank_cache.h"
#include "protocol/messages.h"
#include "protocol/protocol_error.h"
#include "protocol/source.h"
#include "server/reorder_buffer.h"

namespace voice {

/// A step of the signal processing.
enum class Stage : std::uint8_t { resample, level, vad, pitch };

inline constexpr std::array<std::string_view, 4> kStageNames = {"resample", "level", "vad", "pitch"};

/// All metrics of the voice server.
///
/// The pattern for a server with kymo: one class holds the instruments and is made once, at start. The
/// server reports events in its own words; only this class knows how they are counted and named. Labels are
/// few and fixed (a source, a stage, a kind of error), never a session: each combination is a series
/// forever.
///
/// Threads: any, all members. Cost: a nanosecond or a few each; none blocks or throws.
class VoiceMetrics final {
 public:
  /// Registers all instruments; `registry` must outlive this object. `on_fault` gets errors of the messages
  /// to clients.
  explicit VoiceMetrics(kymo::Registry& registry, std::function<void(std::string_view)> on_fault = nullptr);

  /// Counts one client while it is connected.
  class Session final {
   public:
    explicit Session(VoiceMetrics& metrics) noexcept;
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    ~Session();

   private:
    VoiceMetrics& metrics_;
    kymo::packs::ServerMetrics::Connection connection_;
    kymo::packs::WebSocketMetrics::Client client_;
  };
  /// The messages to each client about its own session, each second.
  [[nodiscard]] kymo::packs::SessionStreams& streams() noexcept { return streams_; }
  /// Counts like the source of a session, but sends no messages.
  [[nodiscard]] std::shared_ptr<kymo::packs::SourceStream> source_without_session(Source source) const;

  void client_refused() noexcept { clients_.refused.add(); }

  void message_received(std::size_t bytes) noexcept;
  void message_sent(std::size_t bytes) noexcept;
  void message_refused(ErrorKind kind) noexcept;
  void reply_dropped() noexcept { clients_.replies_dropped.add(); }

  void broadcast_attempted() noexcept { websocket_.broadcast_attempts.add(); }
  void broadcast_succeeded() noexcept { websocket_.broadcast_successes.add(); }
  void broadcast_failed() noexcept { websocket_.broadcast_failures.add(); }

  /// Counts the datagrams of a new UDP stream, by their sequence numbers.
  [[nodiscard]] kymo::packs::UdpMetrics::Stream udp_stream();

  void audio_received(Source source, std::size_t samples, int rate_hz) noexcept;
  void chunk_queued(Source source) noexcept;
  void chunks_left_queue(Source source, std::size_t count) noexcept;
  void chunks_dropped(Source source, std::size_t count) noexcept;

  /// Times a step of the signal processing until the end of the scope.
  [[nodiscard]] kymo::ScopedTimer time(Stage stage) noexcept {
    return kymo::ScopedTimer(processing_.stages[static_cast<std::size_t>(stage)]);
  }
  struct ChunkTimes {
    std::chrono::nanoseconds waited{};      ///< in the queue
    std::chrono::nanoseconds processing{};  ///< by a worker
    std::chrono::duration<double> audio{};  ///< the chunk's length
  };
  /// A worker takes a chunk. At the end of the scope it counts as processed, or as failed after an exception.
  [[nodiscard]] kymo::packs::EventMetrics::Handling processing(Source source) noexcept;
  void chunk_processed(const ChunkTimes& times) noexcept;
  void chunk_failed() noexcept { server_.errors.add(); }
  /// `speech`: length of the speech in the 100 ms.
  void audio_analyzed(Source source, double level_dbfs, std::chrono::duration<double> speech) noexcept;

  void filter_bank_found(FilterBankCache::Result result) noexcept;
  /// Call it once a second.
  void room_changed(const RoomState& state) noexcept;

 private:
  template <class Instrument>
  using BySource = std::array<Instrument, kSourceNames.size()>;

  struct Clients {
    explicit Clients(kymo::Registry& registry);
    kymo::Counter sessions;
    kymo::UpDownCounter sessions_active;
    kymo::Counter refused;
    kymo::Counter replies_dropped;
  };
  struct Audio {
    explicit Audio(kymo::Registry& registry);
    BySource<kymo::Counter> bytes;
    BySource<kymo::DoubleCounter> seconds;
    BySource<kymo::DoubleCounter> speech_seconds;
    BySource<kymo::Histogram> level;
    kymo::Gauge speech_ratio;
    kymo::Gauge udp_streams;
  };
  struct Queues {
    explicit Queues(kymo::Registry& registry);
    BySource<kymo::UpDownCounter> depth;
    BySource<kymo::Counter> dropped;
    kymo::Timing wait;
  };
  struct Processing {
    explicit Processing(kymo::Registry& registry);
    std::array<kymo::Timing, kStageNames.size()> stages;
    kymo::Histogram realtime_factor;
  };
  kymo::packs::SessionStreams streams_;
  kymo::packs::ServerMetrics server_;
  kymo::packs::WebSocketMetrics websocket_;
  kymo::packs::UdpMetrics udp_;
  kymo::packs::EventMetrics events_;        // an event is an audio chunk; its type is the source
  kymo::packs::CacheMetrics filter_banks_;  // of the resampler
  BySource<kymo::packs::EventMetrics::Type> chunk_types_;
  kymo::packs::EventMetrics::Type message_type_;
  Clients clients_;
  Audio audio_;
  Queues queues_;
  Processing processing_;
};

}  // namespace voice
