#pragma once

#include <functional>
#include <optional>
#include <utility>

#include "server_context.h"

namespace kymo::KYMO_ABI::net {

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
