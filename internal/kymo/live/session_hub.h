#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <kymo/base/clock.h>
#include <kymo/live/route.h>
#include <kymo/net/websocket.h>

namespace kymo::KYMO_ABI::live {

/// A message of a session, and its kind: a newer one of the same kind takes its place.
struct SessionMessage {
  std::string kind;
  std::shared_ptr<const std::string> text;
};

/// What a SessionHub is made from. `clock` must outlive it and its connections; the functions are called from
/// any thread, must not block, nor call the hub.
struct SessionHubParts {
  /// Whether there is a session of that id.
  std::function<bool(std::string_view session_id)> goes_on;
  /// The messages that a client gets first, because it missed them and they still hold; may be null. An
  /// exception costs the client these messages, nothing more.
  std::function<std::vector<SessionMessage>(std::string_view session_id)> standing = {};
  const base::Clock& clock;
  std::chrono::milliseconds patience{10000};  ///< for a client to receive a message; longer: closed, 1013
};

/// Hands the messages of sessions to the WebSocket clients that follow them, as docs/reference/stream.md
/// says.
///
/// A message is encoded by whoever tells it, once for all who follow. A client that still receives another
/// gets the newest of each kind when it has: so it waits in at most some tens of texts, which it shares with
/// the others. It has no thread: what is told goes out on the caller's, the rest on the server's. Threads:
/// any. Connections may outlive it.
class SessionHub final {
 public:
  using Text = std::shared_ptr<const std::string>;

  struct Statistics {
    std::uint64_t clients = 0;        ///< that follow a session now
    std::uint64_t messages_sent = 0;  ///< to any client
    std::uint64_t messages_conflated =
        0;                               ///< that a newer one took the place of before a client could take it
    std::uint64_t slow_closed = 0;       ///< clients closed because a message took them too long to receive
    std::uint64_t messages_refused = 0;  ///< of clients: not understood
  };

  explicit SessionHub(SessionHubParts parts);
  SessionHub(const SessionHub&) = delete;
  SessionHub& operator=(const SessionHub&) = delete;
  ~SessionHub();  ///< Closes the connections that there are, with 1001.

  /// Whether anybody follows the session: whether a message of it is worth encoding.
  [[nodiscard]] bool is_followed(std::string_view session_id) const;

  /// To all who follow the session. A message takes the place of one of the same `kind` that a client has not
  /// taken yet.
  void tell(std::string_view session_id, std::string_view kind, const Text& message);

  /// As tell(); where no other session of that id goes on, it is the last, and the connections are closed
  /// with 1000 when it is sent.
  void end(std::string_view session_id, const Text& farewell);

  /// What a new connection is handled by that follows the session.
  [[nodiscard]] std::shared_ptr<net::WebSocketHandler> make_client(std::string session_id);
  [[nodiscard]] bool goes_on(std::string_view session_id) const;
  [[nodiscard]] Statistics statistics() const noexcept;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

/// `GET /ws/sessions/{id}`: the messages of a session, as they come, over a WebSocket; 404 where there is
/// none of that id. The hub must outlive the route.
[[nodiscard]] Route session_socket_route(SessionHub& hub);

}  // namespace kymo::KYMO_ABI::live
