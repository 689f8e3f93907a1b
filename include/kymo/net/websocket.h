#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::net {

/// The close code of a WebSocket (RFC 6455 7.4.1). Clients may send others.
enum class WebSocketClose : std::uint16_t {
  normal = 1000,
  going_away = 1001,
  protocol_error = 1002,
  not_understood = 1003,  ///< text where binary was expected, or binary where text was
  none = 1005,            ///< the client gave no code; never sent
  lost = 1006,            ///< the connection broke; never sent
  not_utf8 = 1007,
  not_allowed = 1008,
  too_big = 1009,
  server_failed = 1011,
  try_later = 1013,
};

enum class WebSocketMessage : std::uint8_t { text, binary };

/// The server's end of one WebSocket. Threads: any. May outlive its socket and the server; then it sends
/// nothing.
class KYMO_API WebSocketConnection {
 public:
  virtual ~WebSocketConnection() = default;

  /// Begins to send one text message, without copying it. Returns false and does nothing while the message
  /// before is being written, or while the connection closes. WebSocketHandler::on_writable() tells when it
  /// can take another. So the sender decides what to drop for a slow client, and one message bounds the
  /// memory. Cost: a queue's lock.
  [[nodiscard]] virtual bool send(std::shared_ptr<const std::string> text) = 0;

  /// The same for any kind of message.
  [[nodiscard]] virtual bool send(std::shared_ptr<const std::string> payload, WebSocketMessage kind) = 0;

  /// Closes the connection after the current message. If the client neither reads it nor answers within
  /// WebSocketLimits::close_time, closes without. Of several calls the first counts. `reason`: up to 123
  /// bytes of UTF-8; the rest is cut.
  virtual void close(WebSocketClose code, std::string_view reason = {}) = 0;

  [[nodiscard]] virtual bool is_open() const noexcept = 0;
};

/// The server's handler of one WebSocket. HttpResponse::websocket hands it over.
///
/// Threads: all members are called on the server's I/O thread, one at a time, and must not block. An
/// exception closes the connection with 1011 and counts in HttpServer::Statistics::handler_errors.
class KYMO_API WebSocketHandler {
 public:
  virtual ~WebSocketHandler() = default;

  /// The handshake is done. Not called if it fails.
  virtual void on_open(std::shared_ptr<WebSocketConnection> connection) = 0;
  /// A whole message arrived; text is valid UTF-8. The view is valid during the call.
  virtual void on_message(std::string_view payload, WebSocketMessage kind) = 0;
  /// The system has taken the last message: another one can be sent.
  virtual void on_writable() = 0;
  /// Called once after on_open(), as the last call. `code`: the client's, or the server's reason.
  virtual void on_close(WebSocketClose code) = 0;
};

/// Limits of a server's WebSockets. They also count against HttpLimits::connections. They may take three
/// quarters of all connections, and of those per address, so plain requests always find room; beyond: 503. A
/// WebSocket through a trusted proxy counts for the address that the proxy names.
struct WebSocketLimits {
  std::size_t message_bytes = 64 * 1024;        ///< from a client, decompressed; more: closed with 1009
  std::chrono::milliseconds ping_every{20000};  ///< of silence; as long again without an answer: closed
  std::chrono::milliseconds close_time{1000};   ///< for a client to take the end of a connection
  /// Time for a client to send a message, from the first byte of its first frame to its last byte; longer:
  /// closed with 1008. Control frames in between do not stop the clock.
  std::chrono::milliseconds message_time{10000};
  /// Connections with permessage-deflate (RFC 7692) at one time. Each costs up to 60 KiB and the time to
  /// compress every message. Others are served without compression. 0: none.
  std::size_t deflated_connections = 64;
};

}  // namespace kymo::KYMO_ABI::net
