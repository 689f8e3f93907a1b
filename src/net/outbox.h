#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

#include <boost/asio/io_context.hpp>

#include <kymo/net/websocket.h>

namespace kymo::KYMO_ABI::net {

/// A WebSocket as other threads reach it. On the I/O thread only.
class OutboxReader {
 public:
  struct Write {
    std::shared_ptr<const std::string> payload;
    WebSocketMessage kind = WebSocketMessage::text;
  };
  struct Close {
    WebSocketClose code = WebSocketClose::normal;
    std::string reason;
  };

  virtual ~OutboxReader() = default;
  virtual void take(const Write& write) = 0;
  virtual void take(const Close& close) = 0;
};

/// What other threads want of a server's WebSockets, in order, on its way to the I/O thread. Messages to
/// thousands of clients come at one moment; an operation of Asio's for each would cost a lock, a wake-up and
/// memory that a list does not. Threads: any. May outlive the server.
class Outbox final : public std::enable_shared_from_this<Outbox> {
 public:
  explicit Outbox(boost::asio::io_context& io) : io_(&io) {}

  void add(std::weak_ptr<OutboxReader> reader, std::variant<OutboxReader::Write, OutboxReader::Close> what);
  /// The server ends: what is on its way, and all that comes, is dropped.
  void close() noexcept;

 private:
  struct Item {
    std::weak_ptr<OutboxReader> reader;
    std::variant<OutboxReader::Write, OutboxReader::Close> what;
  };

  void post_delivery();
  void deliver() noexcept;
  bool take_waiting() noexcept;

  std::mutex mutex_;
  boost::asio::io_context* io_;     ///< null: closed
  std::vector<Item> waiting_;       ///< guarded by mutex_, as what is above it
  bool is_posted_ = false;          ///< a delivery comes; guarded too
  std::vector<Item> delivered_;     ///< on the I/O thread only
  std::size_t next_delivered_ = 0;  ///< what is before it has been
};

}  // namespace kymo::KYMO_ABI::net
