#pragma once

#include <cstddef>
#include <optional>
#include <utility>

#include <kymo/core/counter.h>
#include <kymo/core/histogram.h>
#include <kymo/core/registry.h>

namespace kymo::KYMO_ABI::packs {

/// WebSocket clients, broadcasts and sizes of messages.
///
///     kymo::packs::WebSocketMetrics websocket(registry);
///     auto client = websocket.connect();  // ends with the connection
///     websocket.sent(text.size());
///
/// Threads: any. Errors: a second one on the same registry is a registration error.
class KYMO_API WebSocketMetrics final {
 public:
  /// A connected client: counted while it lives.
  class Client final {
   public:
    explicit Client(UpDownCounter clients) noexcept : clients_(std::move(clients)) { clients_->add(); }
    Client(Client&& other) noexcept : clients_(std::exchange(other.clients_, std::nullopt)) {}
    Client& operator=(Client&& other) noexcept {
      std::swap(clients_, other.clients_);
      return *this;
    }
    ~Client() {
      if (clients_) clients_->sub();
    }

   private:
    std::optional<UpDownCounter> clients_;
  };

  /// An attempt to broadcast. Counts as a failure, unless success is reported before its end. The
  /// WebSocketMetrics must outlive it.
  class Broadcast final {
   public:
    explicit Broadcast(WebSocketMetrics& metrics) noexcept : metrics_(metrics) {
      metrics_.broadcast_attempts.add();
    }
    Broadcast(const Broadcast&) = delete;
    Broadcast& operator=(const Broadcast&) = delete;
    ~Broadcast() { (succeeded_ ? metrics_.broadcast_successes : metrics_.broadcast_failures).add(); }

    void succeed() noexcept { succeeded_ = true; }

   private:
    WebSocketMetrics& metrics_;
    bool succeeded_ = false;
  };

  explicit WebSocketMetrics(Registry& registry);

  [[nodiscard]] Client connect() noexcept { return Client(clients); }
  [[nodiscard]] Broadcast broadcast() noexcept { return Broadcast(*this); }
  /// Counts a received message with a payload of this size.
  void received(std::size_t bytes) noexcept { received_size.record(static_cast<double>(bytes)); }
  void sent(std::size_t bytes) noexcept { sent_size.record(static_cast<double>(bytes)); }

  UpDownCounter clients;        ///< `websocket.clients`: connected now
  Counter broadcast_attempts;   ///< `websocket.broadcast.attempt`
  Counter broadcast_successes;  ///< `websocket.broadcast.success`
  Counter broadcast_failures;   ///< `websocket.broadcast.failure`
  Histogram received_size;      ///< `websocket.message.size{direction="received"}`, bytes
  Histogram sent_size;          ///< `websocket.message.size{direction="sent"}`, bytes
};

}  // namespace kymo::KYMO_ABI::packs
