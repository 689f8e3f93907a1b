#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <kymo/net/websocket.h>

#include "client_message.h"
#include "series_table.h"

namespace kymo::KYMO_ABI::live {

class LiveChannel;
class LiveClient;

/// An event of a connection, for the hub's thread.
struct ClientEvent {
  struct Opened {};
  struct Writable {};
  struct Closed {};
  std::shared_ptr<LiveClient> client;
  std::variant<Opened, Writable, Closed, ClientMessage> what;
};

/// The events of connections. Threads: any.
class Mailbox final {
 public:
  explicit Mailbox(std::function<void()> wake) : wake_(std::move(wake)) {}

  void post(ClientEvent event);
  [[nodiscard]] std::vector<ClientEvent> take();
  /// Drops all later events, and wakes nobody.
  void close();

 private:
  std::mutex mutex_;
  std::function<void()> wake_;
  std::vector<ClientEvent> events_;
  bool closed_ = false;
};

/// One connection to the hub. Its callbacks become events, and the hub stores its state of the client here.
class LiveClient final : public net::WebSocketHandler, public std::enable_shared_from_this<LiveClient> {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Text = std::shared_ptr<const std::string>;

  explicit LiveClient(std::shared_ptr<Mailbox> mailbox) : mailbox_(std::move(mailbox)) {}

  // Threads: the server's.
  void on_open(std::shared_ptr<net::WebSocketConnection> connection) override;
  void on_message(std::string_view payload, net::WebSocketMessage kind) override;
  void on_writable() override;
  void on_close(net::WebSocketClose code) override;

  // Threads: the hub's, from here on.

  enum class More : std::uint8_t { none, waits };
  /// Returns false while the connection writes; a later on_writable() event tells when it can. With more
  /// messages waiting, that event always comes, and the client is blocked until then.
  [[nodiscard]] bool send(Text text, Time now, More more = More::none);
  /// True from a failed send() until the event that another may succeed.
  [[nodiscard]] bool is_blocked() const noexcept { return blocked_; }
  void note_handled() noexcept { --queued_; }
  [[nodiscard]] net::WebSocketConnection& connection() const noexcept { return *connection_; }
  [[nodiscard]] Time last_sent() const noexcept { return last_sent_; }

  LiveChannel* channel = nullptr;  ///< null: no subscription
  bool is_counted = false;         ///< counted among the open clients
  bool has_chosen = false;         ///< has subscribed or unsubscribed, or was given every metric
  bool needs_full = false;
  std::optional<Seq> since;  ///< first frame of the next full message
  Seq last_seq = 0;          ///< of the last sent frame
  std::deque<Text> replies;  ///< waiting to be sent
  std::size_t errors = 0;
  Time opened{};

 private:
  const std::shared_ptr<Mailbox> mailbox_;
  std::shared_ptr<net::WebSocketConnection> connection_;  ///< set before the first event
  std::atomic<bool> blocked_{false};
  std::atomic<int> queued_{0};  ///< messages that the hub has not handled
  Time last_sent_{};
};

}  // namespace kymo::KYMO_ABI::live
