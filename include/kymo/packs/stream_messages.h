#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include <kymo/packs/stream_ladder.h>

namespace kymo::KYMO_ABI::packs {

/// The current time on both clocks; a parameter, so a test runs an hour in a millisecond.
struct StreamTime {
  std::chrono::steady_clock::time_point steady;
  std::chrono::system_clock::time_point wall;

  [[nodiscard]] static StreamTime now() noexcept {
    return {std::chrono::steady_clock::now(), std::chrono::system_clock::now()};
  }
};

/// Identifies one session's messages, and joins them to its logs and traces.
struct SessionIds {
  std::string session_id;
  std::string attempt_id = {};     ///< one of several attempts to begin the session
  std::string connection_id = {};  ///< one of several connections of an attempt
  std::string provider = {};       ///< the provider of speech recognition
  std::string model_id = {};
  bool vad_enabled = false;
  /// W3C Trace Context, `00-…-…-01`; empty or of another form: none.
  std::string traceparent = {};
};

/// The state of a source at one instant.
struct SourceFigures {
  std::uint64_t queue_depth = 0;  ///< waiting chunks
  std::uint64_t queue_max = 0;    ///< limit of waiting chunks; 0: no limit
  std::uint64_t queue_bytes = 0;  ///< waiting payload
  double backlog_seconds = 0;     ///< length of the waiting audio
  std::uint64_t dropped_total = 0;
  std::uint64_t dropped_recent = 0;  ///< in the last 10 s
  double drop_ratio = 0;             ///< dropped chunks over dropped and processed chunks of the last 10 s
  std::uint64_t bytes_received = 0;
  std::uint64_t chunks_processed = 0;
  std::uint64_t errors = 0;
  /// Over the last 10 chunks; nothing before the first.
  std::optional<double> inference_ms_mean = {};
  /// Their processing time over the length of their audio; empty while the source is idle.
  std::optional<double> realtime_factor = {};
  bool idle = false;  ///< no chunk came, waited or was processed for SourceOptions::idle_after

  /// 0 where there is no limit.
  [[nodiscard]] double fill_ratio() const noexcept {
    return queue_max == 0 ? 0 : static_cast<double>(queue_depth) / static_cast<double>(queue_max);
  }
};

/// The state of one source of one session; sent each second.
struct MetricsMessage {
  SessionIds ids;
  std::string source;
  std::chrono::system_clock::time_point time;
  SourceFigures figures;
  std::optional<DegradeStatus> degrade;  ///< empty where the callback for it failed
};

enum class QueueState : std::uint8_t { buffering, overloaded };

/// A source's queue has become too full. Sent once, until the queue was below 0.70 full.
struct StatusMessage {
  SessionIds ids = {};
  std::string source = {};
  std::chrono::system_clock::time_point time = {};
  QueueState state = QueueState::buffering;
  double fill_ratio = 0;  ///< at the time of notice
};

/// A session is over: its last message.
struct EndMessage {
  SessionIds ids = {};
  std::chrono::system_clock::time_point time = {};
  double age_seconds = 0;  ///< duration of the session
};

using StreamMessage = std::variant<MetricsMessage, StatusMessage>;

/// The message as JSON text, as docs/reference/schema describes it. Bytes of an id that are not UTF-8 become
/// U+FFFD. Threads: any.
[[nodiscard]] KYMO_API std::string to_json(const MetricsMessage& message);
[[nodiscard]] KYMO_API std::string to_json(const StatusMessage& message);
[[nodiscard]] KYMO_API std::string to_json(const EndMessage& message);
[[nodiscard]] KYMO_API std::string to_json(const StreamMessage& message);

/// True for a valid trace of the form `version-trace-parent-flags`. Source: W3C Trace Context, 3.2.2.
[[nodiscard]] KYMO_API bool is_traceparent(std::string_view text) noexcept;

/// The trace id of a header, 32 digits, for a log's field `trace_id`; empty if the header is invalid. A view
/// into the header.
[[nodiscard]] KYMO_API std::string_view trace_id(std::string_view traceparent) noexcept;

}  // namespace kymo::KYMO_ABI::packs
