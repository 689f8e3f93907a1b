#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::net {

/// Why a WebSocket ends (RFC 6455 7.4.1). Others may come from clients.
enum class WebSocketClose : std::uint16_t {
  normal = 1000,
  going_away = 1001,
  protocol_error = 1002,
  not_understood = 1003,  ///< text where binary was wanted, or the other way round
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

  /// Begins to send one text message, without copying it. One at a time: false, and nothing happens, while
  /// the one before is being written or the connection is closing; once it can take another one it says so
  /// through WebSocketHandler::on_writable(). So whoever sends decides what to leave out for a client that is
  /// slow, and memory is bounded by one message. Cost: a queue's lock.
  [[nodiscard]] virtual bool send(std::shared_ptr<const std::string> text) = 0;

  /// The same for any kind of message.
  [[nodiscard]] virtual bool send(std::shared_ptr<const std::string> payload, WebSocketMessage kind) = 0;

  /// Ends the connection after what is being written; where the client does not take that nor answer within
  /// WebSocketLimits::close_time, without. Of several calls the first counts. `reason`: up to 123 bytes of
  /// UTF-8; what is longer is left out.
  virtual void close(WebSocketClose code, std::string_view reason = {}) = 0;

  [[nodiscard]] virtual bool is_open() const noexcept = 0;
};

/// What a server does with one WebSocket. HttpResponse::websocket hands it over.
///
/// Threads: all are called on the server's I/O thread, one at a time, and must not block. What they throw
/// closes the connection with 1011 and counts in HttpServer::Statistics::handler_errors.
class KYMO_API WebSocketHandler {
 public:
  virtual ~WebSocketHandler() = default;

  /// The handshake is done. Never called where it fails.
  virtual void on_open(std::shared_ptr<WebSocketConnection> connection) = 0;
  /// A message came, whole; text is valid UTF-8. The view is valid during the call.
  virtual void on_message(std::string_view payload, WebSocketMessage kind) = 0;
  /// What was sent last is in the system's hands: another one can be sent.
  virtual void on_writable() = 0;
  /// Once, after on_open(), and last. `code`: the client's, or why the server ended it.
  virtual void on_close(WebSocketClose code) = 0;
};

/// Limits of a server's WebSockets. They also count against HttpLimits::connections, of which (and of those
/// per address) they may take three quarters, so that plain requests always find room; beyond: 503. One that
/// comes through a trusted proxy counts for the address that the proxy names.
struct WebSocketLimits {
  std::size_t message_bytes = 64 * 1024;        ///< from a client, decompressed; more: closed with 1009
  std::chrono::milliseconds ping_every{20000};  ///< of silence; as long again without an answer: closed
  std::chrono::milliseconds close_time{1000};   ///< for a client to take the end of a connection
  /// For a client to send a message, from the first byte of its first frame to its last; longer: closed with
  /// 1008. Control frames between them do not stop the clock.
  std::chrono::milliseconds message_time{10000};
  /// Connections that may have permessage-deflate (RFC 7692) at one time: it costs each of them up to 60 KiB
  /// and every message the time to compress it anew. Others are served without. 0: none.
  std::size_t deflated_connections = 64;
};

}  // namespace kymo::KYMO_ABI::net
