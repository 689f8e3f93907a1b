#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include <kymo/core/counter.h>
#include <kymo/core/gauge.h>
#include <kymo/core/histogram.h>
#include <kymo/core/registry.h>

namespace kymo::KYMO_ABI::packs {

/// The unit, and so the names, of the two exported times of StreamMetrics. Prometheus' convention and linter
/// want seconds.
enum class StreamTimeUnit : std::uint8_t { milliseconds, seconds };

/// The counters of a server of streamed audio, over all its sessions; exported from its start, as 0.
///
/// SessionStreams has one. A server without sessions may record into one itself, by member or by name.
/// Threads: any. Cost: a member as its instrument, a name some 20 ns more. Errors: a second one on the same
/// registry is a registration error.
class KYMO_API StreamMetrics final {
 public:
  explicit StreamMetrics(Registry& registry, StreamTimeUnit unit = StreamTimeUnit::milliseconds);

  void record_times(std::chrono::nanoseconds inference, std::chrono::nanoseconds processing) noexcept;

  /// Records by the names below. Times are in milliseconds under the names that end in `_ms`, for either
  /// exported unit. Returns false and records nothing where there is no such counter, gauge or histogram.
  bool inc_counter(TextView name, std::uint64_t amount = 1) noexcept;
  bool set_gauge(TextView name, double value) noexcept;
  bool observe_histogram(TextView name, double value) noexcept;

  Counter audio_bytes_received;  ///< `audio_bytes_received`: payload of all chunks
  Counter audio_frames_dropped;  ///< `audio_frames_dropped`: chunks dropped because a queue was full
  Counter asr_chunks_processed;  ///< `asr_chunks_processed`
  Counter asr_errors;            ///< `asr_errors`: chunks whose processing failed
  Counter ws_connections;        ///< `ws_connections_total`: sessions begun
  Counter ws_disconnects;        ///< `ws_disconnects_total`: sessions ended
  Gauge queue_depth;             ///< `queue_depth`: waiting chunks, over all sessions
  Gauge active_sessions;         ///< `active_sessions`
  Gauge processing_lag_seconds;  ///< `processing_lag_seconds`: the longest backlog of audio
  /// `inference_time_ms` or `inference_time_seconds`: the model alone; in the exported unit
  Histogram inference_time;
  /// `processing_time_ms` or `processing_time_seconds`: all of a chunk's processing, inference included
  Histogram processing_time;

 private:
  double per_ms_;  ///< milliseconds to the exported unit
};

}  // namespace kymo::KYMO_ABI::packs
