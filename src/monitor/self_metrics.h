#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include <kymo/core/registry.h>
#include <kymo/core/snapshot_writer.h>
#include <kymo/net/http_server.h>

namespace kymo::monitor {

/// The outputs whose cost is measured apart.
enum class OutputFormat : std::uint8_t { prometheus_text, openmetrics, json, summary };
inline constexpr std::size_t kOutputFormats = 4;

/// What a Monitor tells of its own work and losses: the families `kymo_…`.
/// Threads: any.
class SelfMetrics final {
 public:
  SelfMetrics();

  void record_tick(std::chrono::nanoseconds duration) noexcept { tick_duration_.record(duration); }
  void record_scrape(OutputFormat format, std::chrono::nanoseconds duration) noexcept;
  void count_failed_tick() noexcept { ticks_failed_.fetch_add(1, std::memory_order_relaxed); }

  /// Figures that other parts keep.
  struct Readings {
    std::uint64_t ticks_missed = 0;
    std::uint64_t snapshots_stale = 0;
    std::uint64_t log_records_lost = 0;
    net::HttpServer::Statistics http;
  };
  void write(SnapshotWriter& writer, const Readings& readings) const;

 private:
  Registry timings_;  // holds the instruments below; not read as a whole
  Timing tick_duration_;
  std::array<Timing, kOutputFormats> scrape_durations_;
  std::atomic<std::uint64_t> ticks_failed_{0};
};

}  // namespace kymo::monitor
