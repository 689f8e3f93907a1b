#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <kymo/core/registry.h>
#include <kymo/core/snapshot_writer.h>
#include <kymo/live/metrics_hub.h>
#include <kymo/live/outputs.h>
#include <kymo/net/http_server.h>

#include "access_guard.h"

namespace kymo::KYMO_ABI::monitor {

/// A Monitor's metrics about its own work and losses: the families `kymo_…`. Threads:
/// any.
class SelfMetrics final {
 public:
  SelfMetrics();

  void record_tick(std::chrono::nanoseconds duration) noexcept { tick_duration_.record(duration); }
  void record_scrape(const live::Output& output, std::chrono::nanoseconds duration) noexcept;
  void record_frame(std::chrono::nanoseconds duration) noexcept { frame_duration_.record(duration); }
  void count_failed_frame() noexcept { frames_failed_.fetch_add(1, std::memory_order_relaxed); }
  void count_refused(Refusal reason) noexcept {
    refused_[static_cast<std::size_t>(reason)].fetch_add(1, std::memory_order_relaxed);
  }
  void count_failed_tick() noexcept { ticks_failed_.fetch_add(1, std::memory_order_relaxed); }

  /// Figures of other parts.
  struct Readings {
    std::uint64_t ticks_missed = 0;
    std::uint64_t snapshots_stale = 0;
    std::uint64_t log_records_lost = 0;
    std::uint64_t logins_evicted = 0;
    net::HttpServer::Statistics http;
    live::MetricsHub::Statistics live;
    std::size_t scrape_memory_bytes = 0;
    std::uint64_t scrape_blocks_freed = 0;
  };
  void write(SnapshotWriter& writer, const Readings& readings) const;

 private:
  void write_live(SnapshotWriter& writer, const live::MetricsHub::Statistics& live) const;

  Registry timings_;  // holds the instruments below; not exported as a whole
  Timing tick_duration_;
  std::vector<Timing> scrape_durations_;  ///< by index in live::outputs()
  Timing frame_duration_;
  std::atomic<std::uint64_t> ticks_failed_{0};
  std::atomic<std::uint64_t> frames_failed_{0};
  std::array<std::atomic<std::uint64_t>, kRefusals> refused_{};
};

}  // namespace kymo::KYMO_ABI::monitor
