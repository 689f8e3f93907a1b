#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include <kymo/core/registry.h>
#include <kymo/core/snapshot_writer.h>
#include <kymo/net/http_server.h>

#include "access_guard.h"

namespace kymo::KYMO_ABI::monitor {

/// A Monitor's metrics about the tick, the server and refused requests: the families `kymo_…` that no part
/// writes. Threads: any.
class SelfMetrics final {
 public:
  SelfMetrics();

  void record_tick(std::chrono::nanoseconds duration) noexcept { tick_duration_.record(duration); }
  void count_refused(Refusal reason) noexcept {
    refused_[static_cast<std::size_t>(reason)].fetch_add(1, std::memory_order_relaxed);
  }
  void count_failed_tick() noexcept { ticks_failed_.fetch_add(1, std::memory_order_relaxed); }

  /// Figures that others count.
  struct Readings {
    std::uint64_t ticks_missed = 0;
    std::uint64_t snapshots_stale = 0;
    std::uint64_t log_records_lost = 0;
    std::uint64_t logins_evicted = 0;
    net::HttpServer::Statistics http;
  };
  void write(SnapshotWriter& writer, const Readings& readings) const;

 private:
  Registry timings_;  // holds the instrument below; not exported as a whole
  Timing tick_duration_;
  std::atomic<std::uint64_t> ticks_failed_{0};
  std::array<std::atomic<std::uint64_t>, kRefusals> refused_{};
};

}  // namespace kymo::KYMO_ABI::monitor
