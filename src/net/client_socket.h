#pragma once

#include <atomic>
#include <chrono>
#include <memory>

#include <boost/asio/io_context.hpp>
#include <boost/beast/core/error.hpp>

#include <kymo/net/client_error.h>
#include <kymo/net/client_options.h>
#include <kymo/net/client_url.h>

#include "transport.h"

namespace kymo::KYMO_ABI::net {

/// Waits for one operation at a time, until it is over, takes too long or somebody interrupts: what makes
/// asynchronous operations, which alone can be given up, simple to use. Threads: one, but for interrupt().
class OperationRunner final {
 public:
  [[nodiscard]] boost::asio::io_context& io() noexcept { return io_; }

  /// `begin` is given a handler for an operation's error code, and starts it. Errors: ClientError of kind
  /// interrupted; the operation's stream is then of no more use.
  template <class Begin>
  boost::system::error_code run(Begin begin) {
    return wait(begin_operation(std::move(begin)));
  }

  /// The same, and what takes longer than `timeout` is ended on the transport: beast::error::timeout.
  template <class Begin>
  boost::system::error_code run(Transport& transport, std::chrono::milliseconds timeout, Begin begin) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    const auto operation = begin_operation(std::move(begin));
    while (!operation->is_done && !interrupted_ && std::chrono::steady_clock::now() < deadline) {
      io_.run_one_until(deadline);
    }
    if (operation->is_done || interrupted_) return wait(operation);
    // What it was given, such as a buffer of the caller's, must be there until it has ended.
    transport.cancel();
    wait(operation);
    return boost::beast::error::timeout;
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
  struct Operation {
    bool is_done = false;
    boost::system::error_code error;
  };
  using OperationPtr = std::shared_ptr<Operation>;  // an interrupted one's handler outlives the call

  template <class Begin>
  OperationPtr begin_operation(Begin begin) {
    auto operation = std::make_shared<Operation>();
    io_.restart();
    begin([operation](boost::system::error_code error, auto&&...) { *operation = {true, error}; });
    return operation;
  }
  boost::system::error_code wait(const OperationPtr& operation) {
    while (!operation->is_done && !interrupted_) io_.run_one();
    check();
    return operation->error;
  }

  boost::asio::io_context io_;
  std::atomic<bool> interrupted_{false};
};

/// A connection to the server, over TLS where the URL says https; then only a certificate of that host's
/// will do. Within the options' timeout, and the handshake in as long again. Errors: ClientError that names
/// the server.
[[nodiscard]] Transport connect(OperationRunner& runner, const ClientUrl& url, const ClientOptions& options);

/// For what happens on a connection that was there: `127.0.0.1:9464: the connection was lost: …`.
[[nodiscard]] ClientError connection_error(const ClientUrl& url, const boost::system::error_code& error,
                                           std::chrono::milliseconds timeout);

}  // namespace kymo::KYMO_ABI::net
