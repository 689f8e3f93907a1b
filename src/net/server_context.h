#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>

#include <kymo/net/http_server.h>

#include "bodies_in_flight.h"
#include "connection_table.h"
#include "loop_executor.h"
#include "outbox.h"
#include "request_head.h"
#include "shared_identity.h"
#include "trusted_proxies.h"

namespace kymo::KYMO_ABI::net {

/// What HttpServer::Statistics is read from. Written by the server's threads, read by any.
struct Counters {
  std::atomic<std::uint64_t> connections_accepted{0};
  std::atomic<std::uint64_t> connections_open{0};
  std::atomic<std::uint64_t> connections_refused{0};
  std::atomic<std::uint64_t> connections_evicted{0};
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> requests_bad{0};
  std::atomic<std::uint64_t> responses_refused{0};
  std::atomic<std::uint64_t> requests_late{0};
  std::atomic<std::uint64_t> heavy_refused{0};
  std::atomic<std::uint64_t> requests_cancelled{0};
  std::atomic<std::uint64_t> responses_in_flight_bytes{0};
  std::atomic<std::uint64_t> handler_errors{0};
  std::atomic<std::uint64_t> timeouts{0};
  std::atomic<std::uint64_t> tls_failures{0};
  std::atomic<std::uint64_t> bytes_sent{0};
};

inline void count(std::atomic<std::uint64_t>& counter, std::uint64_t n = 1) noexcept {
  counter.fetch_add(n, std::memory_order_relaxed);
}

/// What WebSockets are told when the server stops.
inline Farewell server_stops() { return {WebSocketClose::going_away, "the server stops"}; }

/// Connections in reserved places, those that are being refused, and the listener.
inline constexpr std::size_t kFurtherCoroutines = 256;

/// What the listener and the sessions of a running server share. One thread does all input and output, so
/// nothing here needs a lock; handlers run on `workers`.
struct ServerContext {
  ServerContext(const HttpServerOptions& the_options, const HttpServer::Handler& the_handler,
                const SharedIdentity& the_identity, Counters& the_counters)
      : options(the_options),
        handler(the_handler),
        tls(the_identity),
        counters(the_counters),
        proxies(the_options.trusted_proxies),
        bodies(the_options.limits.responses_bytes, the_counters.responses_in_flight_bytes),
        connections({the_options.limits.connections, the_options.limits.connections_per_address}) {}
  ServerContext(const ServerContext&) = delete;
  ServerContext& operator=(const ServerContext&) = delete;
  ~ServerContext() { outbox->close(); }

  const HttpServerOptions& options;
  const HttpServer::Handler& handler;
  const SharedIdentity& tls;  ///< of connections that begin now
  Counters& counters;
  const TrustedProxies proxies;
  BodiesInFlight bodies;  ///< outlives `io` and `workers`, whose handlers hold some of them
  /// For the end of every connection there may be, and of what else runs as a coroutine.
  Reserve reserve{options.limits.connections + kFurtherCoroutines};
  bool draining = false;  ///< no new requests; only on the I/O thread
  /// Want of memory has ended the listener's work, and `io` was stopped to begin it again.
  bool listener_failed = false;
  boost::asio::io_context io{1};
  boost::asio::io_context workers;
  boost::asio::io_context heavy_workers;
  const std::shared_ptr<Outbox> outbox = std::make_shared<Outbox>(io);
  ConnectionTable connections;
  std::atomic<bool> stopping{false};  ///< seen by workers: skip what has not begun
  std::size_t heavy_requests = 0;     ///< that wait for a heavy thread or run on one
  /// Makes sure that there are heavy threads; false: the system has none. On the I/O thread only.
  std::function<bool()> start_heavy;
  [[nodiscard]] bool has_heavy_place() const {
    return heavy_requests < options.heavy_threads + options.limits.heavy_waiting && start_heavy();
  }
  std::size_t refusals = 0;  ///< connections that are being told 503 right now
  std::size_t deflated = 0;  ///< WebSockets with permessage-deflate
  /// How often all WebSockets were asked to end. A handshake that was allowed before the last time comes too
  /// late.
  std::size_t sweeps = 0;
  std::function<void()> on_connection_closed;

  /// What `on_event` has been told of failing handlers.
  struct HandlerErrors {
    std::optional<SteadyTime> last;
    std::uint64_t untold = 0;
  };
  HandlerErrors handler_errors;

  /// For coroutines that do input and output, and for those that call handlers.
  [[nodiscard]] LoopExecutor loop() { return loop_executor(io, reserve); }
  [[nodiscard]] LoopExecutor workers_loop(ThreadClass threads) {
    return loop_executor(threads == ThreadClass::heavy ? heavy_workers : workers, reserve);
  }
  [[nodiscard]] ThreadClass thread_class_of(const RequestHead& head) const {
    return options.thread_class ? options.thread_class(head.method, head.target) : ThreadClass::normal;
  }

  /// Tells the user's `on_event`, whatever that does. On the I/O thread only.
  void tell(std::string_view message) noexcept {
    if (!options.on_event) return;
    try {
      options.on_event(message);
    } catch (...) {
      count(counters.handler_errors);
    }
  }
};

}  // namespace kymo::KYMO_ABI::net
