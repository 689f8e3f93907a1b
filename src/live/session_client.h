#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include <kymo/base/clock.h>
#include <kymo/net/websocket.h>

namespace kymo::KYMO_ABI::live {

class SessionClient;

/// State that a SessionHub and its clients share; lives as long as any of them.
struct SessionCounts {
  std::atomic<std::uint64_t> clients{0};
  std::atomic<std::uint64_t> sent{0};
  std::atomic<std::uint64_t> conflated{0};
  std::atomic<std::uint64_t> slow_closed{0};
  std::atomic<std::uint64_t> refused{0};
};

struct SessionClientParts {
  std::string session_id;
  const base::Clock& clock;
  std::chrono::milliseconds patience;
  SessionCounts& counts;
  std::function<void(const std::shared_ptr<SessionClient>&)> on_open;
  /// The handshake failed: neither of the other two is called.
  std::function<void(const SessionClient&)> on_never_opened;
  std::function<void(const SessionClient&)> on_close;
};

/// One connection that follows a session. Keeps the newest message of each kind while the connection writes.
/// Threads: any.
class SessionClient final : public net::WebSocketHandler, public std::enable_shared_from_this<SessionClient> {
 public:
  using Text = std::shared_ptr<const std::string>;

  explicit SessionClient(SessionClientParts parts) : parts_(std::move(parts)) {}
  SessionClient(const SessionClient&) = delete;
  SessionClient& operator=(const SessionClient&) = delete;
  ~SessionClient() override {
    if (connection_ == nullptr) parts_.on_never_opened(*this);
  }

  void on_open(std::shared_ptr<net::WebSocketConnection> connection) override;
  void on_message(std::string_view payload, net::WebSocketMessage kind) override;
  void on_writable() override;
  void on_close(net::WebSocketClose code) override;

  /// False: the client was too slow, and is closed.
  [[nodiscard]] bool tell(std::string_view kind, const Text& message);
  /// Closes with 1000 once all waiting messages are sent.
  void finish();
  void close(net::WebSocketClose code, std::string_view reason);

  [[nodiscard]] const std::string& session_id() const noexcept { return parts_.session_id; }

 private:
  struct Waiting {
    std::string kind;
    Text message;
  };

  void answer(std::string_view payload);
  void keep(std::string_view kind, const Text& message);
  void pump();

  const SessionClientParts parts_;
  std::shared_ptr<net::WebSocketConnection> connection_;  ///< set before the hub knows the client
  int errors_ = 0;                                        ///< used by the server's thread
  std::mutex mutex_;                                      // guards the members below
  std::deque<Waiting> waiting_;
  bool is_writing_ = false;
  bool is_finishing_ = false;
  std::chrono::steady_clock::time_point writing_since_{};
};

}  // namespace kymo::KYMO_ABI::live
