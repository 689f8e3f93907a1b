#pragma once

#include <atomic>
#include <chrono>
#include <memory>

#include <boost/asio/io_context.hpp>
#include <boost/beast/core/error.hpp>

#include <kymo/net/client_options.h>

#include "transport.h"

namespace kymo::KYMO_ABI::net {

/// Waits for one operation at a time, until it ends, times out or is interrupted. Only asynchronous
/// operations can be cancelled; this class makes them as simple as blocking ones. Threads: one, except
/// interrupt().
class OperationRunner final {
 public:
  [[nodiscard]] boost::asio::io_context& io() noexcept { return io_; }

  /// `begin` gets a handler for an operation's error code, and starts the operation. Errors: ClientError of
  /// kind interrupted; the operation's stream is then unusable.
  template <class Begin>
  boost::system::error_code run(Begin begin) {
    return wait(begin_operation(std::move(begin)));
  }

  /// The same with a timeout, which cancels the transport: beast::error::timeout.
  template <class Begin>
  boost::system::error_code run(Transport& transport, std::chrono::milliseconds timeout, Begin begin) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    const auto operation = begin_operation(std::move(begin));
    while (!operation->is_done && !interrupted_ && std::chrono::steady_clock::now() < deadline) {
      io_.run_one_until(deadline);
    }
    if (operation->is_done || interrupted_) return wait(operation);
    // Its arguments, such as the caller's buffer, must live until it has ended.
    transport.cancel();
    wait(operation);
    return boost::beast::error::timeout;
  }

  void check() const {
    if (interrupted_) throw ClientError(ClientError::Kind::interrupted, "interrupted");
  }
  [[nodiscard]] bool is_interrupted() const noexcept { return interrupted_; }

  /// Permanent. Threads: any.
  void interrupt() noexcept {
    interrupted_ = true;
    io_.stop();
  }

 private:
  struct Operation {
    bool is_done = false;
    boost::system::error_code error;
  };
  using OperationPtr = std::shared_ptr<Operation>;  // an interrupted operation's handler outlives the call

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

/// Connects to the server, over TLS if the URL says https, with a certificate for that host.
/// Connecting and the handshake each have the options' timeout. Errors: ClientError that names the
/// server.
[[nodiscard]] Transport connect(OperationRunner& runner, const ClientUrl& url, const ClientOptions& options);

/// The error of an established connection: `127.0.0.1:9464: the connection was lost: …`.
[[nodiscard]] ClientError connection_error(const ClientUrl& url, const boost::system::error_code& error,
                                           std::chrono::milliseconds timeout);

}  // namespace kymo::KYMO_ABI::net
