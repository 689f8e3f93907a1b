#pragma once

#include <atomic>
#include <chrono>
#include <memory>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/tcp_stream.hpp>

#include "client_error.h"
#include "client_options.h"
#include "client_url.h"

namespace kymo::net {

using TcpStream = boost::beast::tcp_stream;
using TlsStream = boost::asio::ssl::stream<boost::beast::tcp_stream>;

/// Waits for one operation at a time, until it is over or somebody interrupts: what makes asynchronous
/// operations, which alone have timeouts, simple to use. Threads: one, but for interrupt().
class OperationRunner final {
 public:
  [[nodiscard]] boost::asio::io_context& io() noexcept { return io_; }

  /// `begin` is given a handler for an operation's error code, and starts it. Errors: ClientError of kind
  /// interrupted; the streams are then of no more use.
  template <class Begin>
  boost::system::error_code run(Begin begin) {
    struct State {
      bool is_done = false;
      boost::system::error_code error;
    };
    // Shared, since an interrupted operation's handler outlives this call.
    const auto state = std::make_shared<State>();
    begin([state](boost::system::error_code error, auto&&...) {
      state->is_done = true;
      state->error = error;
    });
    io_.restart();
    while (!state->is_done && !interrupted_) io_.run_one();
    check();
    return state->error;
  }

  void check() const {
    if (interrupted_) throw ClientError(ClientError::Kind::interrupted, "interrupted");
  }
  [[nodiscard]] bool is_interrupted() const noexcept { return interrupted_; }

  /// For good. Threads: any.
  void interrupt() noexcept {
    interrupted_ = true;
    io_.stop();
  }

 private:
  boost::asio::io_context io_;
  std::atomic<bool> interrupted_{false};
};

/// What a certificate is checked with. Errors: ClientError where the file of authorities cannot be read.
[[nodiscard]] boost::asio::ssl::context make_tls_context(const ClientOptions& options);

/// Connects, within the options' timeout. Errors: ClientError that names the server.
void connect_stream(OperationRunner& runner, TcpStream& stream, const ClientUrl& url,
                    const ClientOptions& options);
/// The same, and shakes hands; only a certificate of that host's will do.
void connect_stream(OperationRunner& runner, TlsStream& stream, const ClientUrl& url,
                    const ClientOptions& options);

/// For what happens on a connection that was there: `127.0.0.1:9464: the connection was lost: …`.
[[nodiscard]] ClientError connection_error(const ClientUrl& url, const boost::system::error_code& error,
                                           std::chrono::milliseconds timeout);

}  // namespace kymo::net
