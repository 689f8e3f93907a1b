#pragma once

#include <cstddef>
#include <optional>
#include <utility>

#include <kymo/core/counter.h>
#include <kymo/core/registry.h>
#include <kymo/core/window.h>

namespace kymo::KYMO_ABI::packs {

/// The vital signs of every server: connections, requests, errors, and durations of the last requests.
///
///     kymo::packs::ServerMetrics server(monitor.registry());
///     auto connection = server.connect();      // in the accept handler; ends with the connection
///     server.processing_time.record(seconds);  // after each request
///
/// `GET /api/metrics/server` shows them beside the process' memory and the host's CPU.
/// Threads: any. Errors: a second one on the same registry is a registration error.
class KYMO_API ServerMetrics final {
 public:
  /// Number of processing times in the mean.
  static constexpr std::size_t kRecent = 100;

  /// An open connection: counted while it lives.
  class Connection final {
   public:
    explicit Connection(UpDownCounter active) noexcept : active_(std::move(active)) { active_->add(1); }
    Connection(Connection&& other) noexcept : active_(std::exchange(other.active_, std::nullopt)) {}
    Connection& operator=(Connection&& other) noexcept {
      std::swap(active_, other.active_);
      return *this;
    }
    ~Connection() {
      if (active_) active_->sub(1);
    }

   private:
    std::optional<UpDownCounter> active_;
  };

  explicit ServerMetrics(Registry& registry);

  /// Counts a connection and its first request: raises both.
  [[nodiscard]] Connection connect() noexcept {
    requests.add(1);
    return Connection(active_connections);
  }

  UpDownCounter active_connections;  ///< `server.active_connections`
  UpDownCounter active_processes;    ///< `server.active_processes`: background jobs running now
  Counter requests;                  ///< `server.requests`
  Counter errors;                    ///< `server.errors`
  Window processing_time;            ///< `server.processing_time`, seconds: the last kRecent
};

}  // namespace kymo::KYMO_ABI::packs
