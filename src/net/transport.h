#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/beast/core/stream_traits.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <boost/beast/websocket/teardown.hpp>

#include <kymo/version.h>

namespace kymo::KYMO_ABI::net {

/// The byte stream of one connection, plain or TLS: one type for both, so HTTP and WebSocket are written
/// once. A plain one is a socket and a null pointer; only TLS needs extra memory.
///
/// Meets Asio's and Beast's AsyncStream. On the I/O thread only.
class Transport {
 public:
  using Socket = boost::asio::ip::tcp::socket;
  using Tls = boost::asio::ssl::stream<Socket>;
  using executor_type = Socket::executor_type;

  explicit Transport(Socket socket) : socket_(std::move(socket)) {}

  [[nodiscard]] executor_type get_executor() { return socket().get_executor(); }
  [[nodiscard]] Socket& socket() noexcept { return tls_ == nullptr ? socket_ : tls_->next_layer(); }
  [[nodiscard]] bool is_tls() const noexcept { return tls_ != nullptr; }
  /// TLS only: for the checks and results of a handshake.
  [[nodiscard]] Tls& tls() noexcept { return *tls_; }

  /// Classifies the client by its first byte, which must have arrived. Consumes nothing.
  enum class Greeting : std::uint8_t { tls, text, ended };
  [[nodiscard]] Greeting look_at_greeting() noexcept;

  /// Whether the client has closed its side, or the connection is lost. Also behind bytes that nobody has
  /// read.
  [[nodiscard]] bool is_left() noexcept;

  /// Switches to TLS; a handshake must follow. The context may be destroyed before the connection.
  void begin_tls(boost::asio::ssl::context& context) {
    tls_ = std::make_unique<Tls>(std::move(socket_), context);
  }
  template <class Token>
  auto async_handshake(boost::asio::ssl::stream_base::handshake_type side, Token&& token) {
    return tls_->async_handshake(side, std::forward<Token>(token));
  }
  /// Sends the client close_notify (RFC 8446 6.1) and waits for the client's. For TLS
  /// only.
  template <class Token>
  auto async_end_tls(Token&& token) {
    return tls_->async_shutdown(std::forward<Token>(token));
  }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    if (tls_ == nullptr) return socket_.async_read_some(buffers, std::forward<Token>(token));
    return tls_->async_read_some(buffers, std::forward<Token>(token));
  }
  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    if (tls_ == nullptr) return socket_.async_write_some(buffers, std::forward<Token>(token));
    return tls_->async_write_some(buffers, std::forward<Token>(token));
  }

  /// Sent bytes that the other end has not acknowledged; 0 if unknown.
  [[nodiscard]] std::size_t untaken() noexcept;

  /// Cancels pending operations; the byte stream stays intact.
  void cancel() noexcept {
    boost::system::error_code ignored;
    socket().cancel(ignored);
  }
  void close() noexcept {
    boost::system::error_code ignored;
    socket().close(ignored);
  }

  /// Beast calls this when a WebSocket has ended, and on its timeout.
  template <class Handler>
  friend void async_teardown(boost::beast::role_type role, Transport& transport, Handler&& handler) {
    using boost::beast::websocket::async_teardown;
    if (transport.tls_ == nullptr) {
      async_teardown(role, transport.socket_, std::forward<Handler>(handler));
    } else {
      async_teardown(role, *transport.tls_, std::forward<Handler>(handler));
    }
  }
  friend void beast_close_socket(Transport& transport) { transport.close(); }

 private:
  Socket socket_;  ///< empty while `tls_` owns it
  std::unique_ptr<Tls> tls_;
};

}  // namespace kymo::KYMO_ABI::net
