#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include <kymo/net/client_options.h>

namespace kymo::KYMO_ABI::net {

class OperationRunner;

/// Delay before attempt number `attempt` (from 0): 0.5 s, doubled up to 10 s. `chance` in 0 to 1 varies it by
/// a quarter, so that many clients of one server do not reconnect at once.
[[nodiscard]] std::chrono::milliseconds back_off(unsigned attempt, double chance) noexcept;

/// A persistent WebSocket (RFC 6455) to one address: after a loss it reconnects. Threads: run() one, send()
/// within the functions of Events, interrupt() any.
class WebsocketClient final {
 public:
  /// run() calls all of them, on its thread. `message` may throw ClientError, which ends the connection.
  struct Events {
    std::function<void()> opened;
    std::function<void(std::string_view text)> message;
    /// The connection is lost; tells when the next attempt is.
    std::function<void(const ClientError& why, std::chrono::milliseconds retry_in)> lost;
  };

  /// `silence`: a server that sends nothing and answers no ping for this long counts as gone.
  WebsocketClient(ClientUrl url, std::string target, ClientOptions options, Events events,
                  std::chrono::milliseconds silence = std::chrono::seconds(8));
  WebsocketClient(const WebsocketClient&) = delete;
  WebsocketClient& operator=(const WebsocketClient&) = delete;
  ~WebsocketClient();

  /// Connects, reads and connects again, until interrupt().
  void run();
  /// Sends a text message. Errors: ClientError.
  void send(std::string_view text);
  /// Makes run() return soon. Threads: any.
  void interrupt() noexcept;

 private:
  struct Connection;
  void serve_once();

  ClientUrl url_;
  std::string target_;
  ClientOptions options_;
  Events events_;
  std::chrono::milliseconds silence_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool is_over_ = false;  // guarded by mutex_
  unsigned attempt_ = 0;
  std::unique_ptr<OperationRunner> runner_;  // guarded by mutex_ against interrupt()
  std::unique_ptr<Connection> connection_;   // destroyed before the runner
};

}  // namespace kymo::KYMO_ABI::net
