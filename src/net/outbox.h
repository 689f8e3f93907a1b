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

/// A WebSocket as a target of the outbox. On the I/O thread only.
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

/// Calls of other threads for a server's WebSockets, in order, on their way to the I/O thread. Messages to
/// thousands of clients come at one moment. An Asio operation for each would cost a lock, a wake-up and
/// memory; a list does not. Threads: any. May outlive the server.
class Outbox final : public std::enable_shared_from_this<Outbox> {
 public:
  explicit Outbox(boost::asio::io_context& io) : io_(&io) {}

  void add(std::weak_ptr<OutboxReader> reader, std::variant<OutboxReader::Write, OutboxReader::Close> what);
  /// The server ends: drops all pending and all later calls.
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
  std::vector<Item> waiting_;       ///< guarded by mutex_, like the member above
  bool is_posted_ = false;          ///< a delivery is pending; guarded too
  std::vector<Item> delivered_;     ///< on the I/O thread only
  std::size_t next_delivered_ = 0;  ///< earlier items are delivered
};

}  // namespace kymo::KYMO_ABI::net
