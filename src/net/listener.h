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

/// Gets the address, by trying until it is free, and hands each connection to a session or refuses it.
/// Threads: the I/O thread, but for `try_now`, which comes before it.
class Listener final {
 public:
  /// `on_listening` is told the port once it listens, 0 when it no longer does.
  Listener(ServerContext& context, std::function<void(std::uint16_t port)> on_listening);

  /// One attempt that asks no name service, so that a server whose address is free listens when start()
  /// returns.
  void try_now();
  /// Begins the work; it ends after close(), or where memory is short: see ServerContext::listener_failed.
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

  /// What to do after one look at the queue of connections.
  enum class Next : std::uint8_t { more, wait, pause, reopen };
  Next accept_one();
  Next make_descriptor_free();
  void admit(Accepted accepted);

  ServerContext& context_;
  std::function<void(std::uint16_t)> on_listening_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer timer_;
  base::FileDescriptor
      reserve_;  ///< given up to take a connection and refuse it when there is no other descriptor left
  std::optional<SocketAddress> address_;
  std::optional<ListenFailure> failure_;
  std::string reported_;  ///< the reason last told; empty while all is well
};

}  // namespace kymo::KYMO_ABI::net
