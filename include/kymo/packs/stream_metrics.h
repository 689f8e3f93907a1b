#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include <kymo/core/counter.h>
#include <kymo/core/gauge.h>
#include <kymo/core/histogram.h>
#include <kymo/core/registry.h>

namespace kymo::KYMO_ABI::packs {

/// In which unit StreamMetrics exports its two times, and so by which names. Prometheus' convention, and its
/// linter, want seconds.
enum class StreamTimeUnit : std::uint8_t { milliseconds, seconds };

/// What every server of streamed audio counts, over all its sessions; there from its start, as 0.
///
/// SessionStreams has one and keeps it; a server that has no use for sessions may record into one itself, by
/// member or by name. Threads: any. Cost: a member as its instrument, a name some 20 ns more. Errors: a
/// second one on the same registry is a registration error.
class KYMO_API StreamMetrics final {
 public:
  explicit StreamMetrics(Registry& registry, StreamTimeUnit unit = StreamTimeUnit::milliseconds);

  void record_times(std::chrono::nanoseconds inference, std::chrono::nanoseconds processing) noexcept;

  /// By the names below; times by those that end in `_ms`, and in milliseconds, whatever is exported. False,
  /// and nothing recorded, where there is no such counter, gauge or histogram.
  bool inc_counter(TextView name, std::uint64_t amount = 1) noexcept;
  bool set_gauge(TextView name, double value) noexcept;
  bool observe_histogram(TextView name, double value) noexcept;

  Counter audio_bytes_received;  ///< `audio_bytes_received`: payload of all chunks
  Counter audio_frames_dropped;  ///< `audio_frames_dropped`: chunks that were not processed for want of room
  Counter asr_chunks_processed;  ///< `asr_chunks_processed`
  Counter asr_errors;            ///< `asr_errors`: chunks whose processing failed
  Counter ws_connections;        ///< `ws_connections_total`: sessions begun
  Counter ws_disconnects;        ///< `ws_disconnects_total`: sessions ended
  Gauge queue_depth;             ///< `queue_depth`: chunks that wait, over all sessions
  Gauge active_sessions;         ///< `active_sessions`
  Gauge processing_lag_seconds;  ///< `processing_lag_seconds`: audio that waits where most does
  /// `inference_time_ms` or `inference_time_seconds`: the model alone; in the unit that is exported
  Histogram inference_time;
  /// `processing_time_ms` or `processing_time_seconds`: all that a chunk takes, inference included
  Histogram processing_time;

 private:
  double per_ms_;  ///< of the unit that is exported
};

}  // namespace kymo::KYMO_ABI::packs
