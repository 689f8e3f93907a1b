#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <kymo/base/file_descriptor.h>

#include "listening_socket.h"
#include "server_context.h"

namespace kymo::KYMO_ABI::net {

/// Binds the address, with retries until it is free, and hands each connection to a session or refuses it.
/// Threads: the I/O thread, except `try_now`, which comes before it.
class Listener final {
 public:
  /// `on_listening` gets the port when listening begins, and 0 when it ends.
  Listener(ServerContext& context, std::function<void(std::uint16_t port)> on_listening);

  /// One attempt without a name service. So a server whose address is free listens when start()
  /// returns.
  void try_now();
  /// Begins the work, which ends after close(), or when memory is short: see ServerContext::listener_failed.
  /// Throws std::bad_alloc.
  void spawn();
  void close();

 private:
  class Work;

  Coroutine<void> run(std::unique_ptr<Work> work);
  Coroutine<void> resolve();
  Coroutine<void> accept_all();
  Coroutine<void> sleep(std::chrono::milliseconds time);

  void open(const SocketAddress& address);
  void report_failure(const std::string& reason);
  void report_listening();

  /// The next step after a look at the queue of connections.
  enum class Next : std::uint8_t { more, wait, pause, reopen };
  Next accept_one();
  Next make_descriptor_free();
  void admit(Accepted accepted);

  ServerContext& context_;
  std::function<void(std::uint16_t)> on_listening_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer timer_;
  base::FileDescriptor
      reserve_;  ///< freed to accept and refuse a connection when no other descriptor is left
  std::optional<SocketAddress> address_;
  std::optional<ListenFailure> failure_;
  std::string reported_;  ///< the last reported reason; empty: no error
};

}  // namespace kymo::KYMO_ABI::net
