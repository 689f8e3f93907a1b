#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <boost/asio/io_context.hpp>

#include <kymo/net/http_server.h>

#include "bodies_in_flight.h"
#include "connection_table.h"
#include "loop_executor.h"
#include "outbox.h"
#include "request_head.h"
#include "tls_context.h"
#include "trusted_proxies.h"

namespace kymo::KYMO_ABI::net {

/// The source of HttpServer::Statistics. The server's threads write; any thread reads.
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

/// The farewell to all WebSockets when the server stops.
inline Farewell server_stops() { return {WebSocketClose::going_away, "the server stops"}; }

/// Coroutines of the listener, of connections in reserved places, and of refusals.
inline constexpr std::size_t kFurtherCoroutines = 256;

/// The state that the listener and the sessions of a running server share. One thread does all input and
/// output, so the state needs no lock. Handlers run on `workers`.
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
  const SharedIdentity& tls;  ///< for new connections
  Counters& counters;
  const TrustedProxies proxies;
  BodiesInFlight bodies;  ///< before `io` and `workers`, whose handlers hold bodies
  /// Memory for the end of every coroutine: one a connection, and kFurtherCoroutines.
  Reserve reserve{options.limits.connections + kFurtherCoroutines};
  bool draining = false;  ///< no new requests; only on the I/O thread
  /// The listener ran out of memory and stopped `io`; the server starts the listener again.
  bool listener_failed = false;
  boost::asio::io_context io{1};
  boost::asio::io_context workers;
  boost::asio::io_context heavy_workers;
  const std::shared_ptr<Outbox> outbox = std::make_shared<Outbox>(io);
  ConnectionTable connections;
  std::atomic<bool> stopping{false};  ///< workers skip requests that have not begun
  std::size_t heavy_requests = 0;     ///< waiting for a heavy thread, or on one
  /// Starts the heavy threads on first use; false: the system refuses threads. On the I/O thread only.
  std::function<bool()> start_heavy;
  [[nodiscard]] bool has_heavy_place() const {
    return heavy_requests < options.heavy_threads + options.limits.heavy_waiting && start_heavy();
  }
  std::size_t refusals = 0;  ///< 503 responses being sent now
  std::size_t deflated = 0;  ///< WebSockets with permessage-deflate
  /// Number of times that all WebSockets were asked to end. A handshake accepted before the last time is
  /// refused.
  std::size_t sweeps = 0;
  std::function<void()> on_connection_closed;

  /// Reports to `on_event` about failing handlers.
  struct HandlerErrors {
    std::optional<SteadyTime> last;
    std::uint64_t untold = 0;
  };
  HandlerErrors handler_errors;

  /// The executor of coroutines that do input and output.
  [[nodiscard]] LoopExecutor loop() { return loop_executor(io, reserve); }
  /// The executor of coroutines that call handlers.
  [[nodiscard]] LoopExecutor workers_loop(ThreadClass threads) {
    return loop_executor(threads == ThreadClass::heavy ? heavy_workers : workers, reserve);
  }
  [[nodiscard]] ThreadClass thread_class_of(const RequestHead& head) const {
    return options.thread_class ? options.thread_class(head.method, head.target) : ThreadClass::normal;
  }

  /// Calls the user's `on_event`, and swallows its exceptions. On the I/O thread only.
  void tell(std::string_view message) noexcept {
    if (!options.on_event) return;
    try {
      options.on_event(message);
    } catch (...) {
      count(counters.handler_errors);
    }
  }
};

/// A connection's entry in the table and in the figures, for the life of this object. Moves with the socket
/// when a connection becomes a WebSocket. On the I/O thread only.
class ConnectionSlot final {
 public:
  ConnectionSlot(ServerContext& context, ConnectionTable::Entry entry)
      : context_(&context), place_(context.connections.add(std::move(entry))) {
    count(context.counters.connections_open);
  }
  ConnectionSlot(ConnectionSlot&& other) noexcept
      : context_(std::exchange(other.context_, nullptr)), place_(other.place_) {}
  ConnectionSlot& operator=(ConnectionSlot&&) = delete;
  ~ConnectionSlot() {
    if (context_ == nullptr) return;
    context_->connections.remove(place_);
    context_->counters.connections_open.fetch_sub(1, std::memory_order_relaxed);
    context_->on_connection_closed();
  }

  void enter(Phase phase) {
    context_->connections.set_phase(place_, phase, std::chrono::steady_clock::now());
  }
  /// Releases the place.
  void give_up() { context_->connections.give_up(place_); }
  /// See ConnectionTable::make_stream().
  [[nodiscard]] ConnectionTable::Stream make_stream(const AddressKey& client, std::function<void()> close,
                                                    std::function<void(const Farewell&)> leave) {
    return context_->connections.make_stream(place_, client, std::move(close), std::move(leave));
  }

 private:
  ServerContext* context_;
  ConnectionTable::Place place_;
};

}  // namespace kymo::KYMO_ABI::net
