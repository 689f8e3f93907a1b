#pragma once

#include <chrono>
#include <cstdint>

#include <kymo/log/record.h>
#include <kymo/monitor/monitor.h>

namespace voice {

/// Writes the server's vital signs to kymo's log when a session ends, at most once a second.
///
/// Threads: one at a time.
class MetricsLog final {
 public:
  static constexpr std::chrono::seconds kPause{1};

  /// Without a sink nothing is written. The monitor must outlive this object.
  MetricsLog(kymo::Monitor& monitor, kymo::log::Sink sink);

  /// An unwritable log is no reason to end: its record is lost.
  void session_ended(std::uint64_t session) noexcept;

 private:
  void write(std::uint64_t session);

  kymo::Monitor& monitor_;
  kymo::log::Sink sink_;
  std::chrono::steady_clock::time_point next_;
};

}  // namespace voice
