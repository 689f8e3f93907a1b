#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/base/clock.h>
#include <kymo/live/route.h>
#include <kymo/net/websocket.h>

namespace kymo::KYMO_ABI::live {

/// A message of a session, and its kind: a newer one of the same kind replaces it.
struct SessionMessage {
  std::string kind;
  std::shared_ptr<const std::string> text;
};

/// The parts of a SessionHub. `clock` must outlive it and its connections. Any thread may call the functions;
/// they must not block, nor call the hub.
struct SessionHubParts {
  /// True if there is an open session of that id.
  std::function<bool(std::string_view session_id)> goes_on;
  /// The messages that a client gets first, because it missed them and they still hold; may be null. On an
  /// exception the client lacks these messages, nothing more.
  std::function<std::vector<SessionMessage>(std::string_view session_id)> standing = {};
  const base::Clock& clock;
  std::chrono::milliseconds patience{10000};  ///< for a client to receive a message; longer: closed, 1013
};

/// Sends messages of sessions to the WebSocket clients that follow them, see
/// docs/reference/stream.md.
///
/// The sender encodes a message once for all followers. A client that still receives another then
/// gets the newest of each kind. So at most some tens of texts wait for it, shared with other
/// clients. The hub has no thread: a message goes out on the caller's thread, the rest on the
/// server's. Threads: any. Connections may outlive it.
class SessionHub final {
 public:
  using Text = std::shared_ptr<const std::string>;

  struct Statistics {
    std::uint64_t clients = 0;             ///< clients that follow a session now
    std::uint64_t messages_sent = 0;       ///< to any client
    std::uint64_t messages_conflated = 0;  ///< replaced by a newer one before a client could receive it
    std::uint64_t slow_closed = 0;         ///< clients closed because they received a message too slowly
    std::uint64_t messages_refused = 0;    ///< from clients: invalid
  };

  explicit SessionHub(SessionHubParts parts);
  SessionHub(const SessionHub&) = delete;
  SessionHub& operator=(const SessionHub&) = delete;
  ~SessionHub();  ///< Closes all connections with 1001.

  /// True if a client follows the session, or its handshake is under way, so that its messages are worth
  /// encoding.
  [[nodiscard]] bool is_followed(std::string_view session_id) const;

  /// Sends to all clients that follow the session. The message replaces an unsent one of the same
  /// `kind`.
  void tell(std::string_view session_id, std::string_view kind, const Text& message);

  /// As tell(). If no other session of that id is open, this is the last message; the connections are then
  /// closed with 1000.
  void end(std::string_view session_id, const Text& farewell);

  /// Makes the handler of a new connection that follows the session. If the session ends during the
  /// handshake, the client gets the end once it is connected.
  [[nodiscard]] std::shared_ptr<net::WebSocketHandler> make_client(std::string session_id);
  [[nodiscard]] bool goes_on(std::string_view session_id) const;
  [[nodiscard]] Statistics statistics() const noexcept;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

/// `GET /ws/sessions/{id}`: the messages of a session, as they come, over a WebSocket; 404 for an unknown id.
/// The hub must outlive the route.
[[nodiscard]] Route session_socket_route(SessionHub& hub);

/// The source of a server's session figures, handed in by its owner.
struct SessionsSource {
  /// The fields to sort sessions by.
  std::vector<std::string_view> fields;
  /// All sessions as JSON, with the `top` by the field `by`; nothing for an unknown field. Several threads
  /// may call it at once.
  std::function<std::optional<std::string>(std::size_t top, std::string_view by)> json;
};

/// `GET /api/sessions/live?top=N&by=FIELD`: a summary of all open sessions. By default the ten
/// with the highest `realtime_factor`. 400 for an unknown field, and for an N outside 0 to
/// 1000.
[[nodiscard]] Route live_sessions_route(SessionsSource source);

}  // namespace kymo::KYMO_ABI::live
