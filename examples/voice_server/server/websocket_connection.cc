#include "server/websocket_connection.h"

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <kymo/net/uri.h>

#include "server/voice_session.h"

namespace voice {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;

// NOLINTNEXTLINE(misc-unused-using-decls): used where types are not known yet
using asio::experimental::awaitable_operators::operator&&;

constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);

/// Longer messages end the connection, because the rest of one cannot be skipped. Far above the protocol's
/// limit, so a slightly too long frame is answered instead.
constexpr std::size_t kMaxMessageBytes = 64 * 1024;
constexpr std::chrono::seconds kHandshakeTime{5};
/// Limit of texts that wait for a slow client.
constexpr std::size_t kMaxOutbox = 64;

using Handshake = http::request<http::empty_body>;

/// The client's own trace, and `?attempt_id=…` of the requested address.
Caller caller_of(const Handshake& handshake) {
  Caller caller;
  const auto to_view = [](beast::string_view text) { return std::string_view(text.data(), text.size()); };
  caller.traceparent = to_view(handshake["traceparent"]);
  const auto target = kymo::net::parse_target(to_view(handshake.target()));
  if (!target) return caller;
  for (const auto& [name, value] : target->query) {
    if (name == "attempt_id" && !value.empty()) caller.attempt_id = value;
  }
  return caller;
}

/// One client's WebSocket. Two coroutines: one reads, one writes the outbox. Both run on the network's
/// thread.
class WebSocketConnection final : public RoomMember,
                                  public std::enable_shared_from_this<WebSocketConnection> {
 public:
  WebSocketConnection(asio::ip::tcp::socket socket, std::uint64_t id, Engine& engine, Room& room)
      : id_(id),
        engine_(engine),
        room_(room),
        stream_(std::move(socket)),
        outbox_changed_(stream_.get_executor()) {}

  void start();

  [[nodiscard]] std::uint64_t session() const noexcept override { return id_; }
  [[nodiscard]] bool ready() const noexcept override { return session_.has_value(); }
  [[nodiscard]] std::size_t streams() const noexcept override { return session_ ? session_->streams() : 0; }
  [[nodiscard]] std::size_t speaking() const noexcept override { return session_ ? session_->speaking() : 0; }
  void broadcast(std::shared_ptr<const std::string> text) override;
  [[nodiscard]] kymo::packs::SendResult tell(std::shared_ptr<const std::string> text) override;
  void shut_down() override;

 private:
  enum class Purpose { reply, broadcast, metrics };
  struct Outgoing {
    std::shared_ptr<const std::string> text;
    Purpose purpose = Purpose::reply;
  };

  asio::awaitable<void> serve();
  asio::awaitable<bool> accept();
  asio::awaitable<bool> read_handshake();
  asio::awaitable<void> read_messages();
  asio::awaitable<void> write_messages();
  [[nodiscard]] VoiceSession::Next handle_message();
  void begin_session();
  void enqueue(Outgoing message);
  void count_failure(const Outgoing& message);
  void close_after_outbox(websocket::close_code reason);

  const std::uint64_t id_;
  Engine& engine_;
  Room& room_;
  websocket::stream<beast::tcp_stream> stream_;
  beast::flat_buffer incoming_;
  std::deque<Outgoing> outbox_;
  asio::steady_timer outbox_changed_;  // never expires; cancelling it wakes the writer
  std::optional<websocket::close_code> closing_;
  http::request_parser<http::empty_body> handshake_;
  std::optional<VoiceSession> session_;
};

void WebSocketConnection::start() {
  room_.join(shared_from_this());
  const auto run = [self = shared_from_this()]() { return self->serve(); };
  asio::co_spawn(stream_.get_executor(), run, asio::detached);
}

asio::awaitable<void> WebSocketConnection::serve() {
  // Leaves the room also after an exception.
  const auto leave = [this](WebSocketConnection* self) { room_.leave(self->shared_from_this()); };
  const std::unique_ptr<WebSocketConnection, decltype(leave)> in_room(this, leave);
  if (co_await accept()) {
    const VoiceMetrics::Session measured(engine_.metrics);
    begin_session();
    co_await (read_messages() && write_messages());
    if (engine_.on_session_end) engine_.on_session_end(id_);
  }
}

/// Bytes after the handshake would be lost; RFC 6455 4.1 makes the client wait for our answer.
asio::awaitable<bool> WebSocketConnection::read_handshake() {
  stream_.next_layer().expires_after(kHandshakeTime);
  const auto [error, bytes] =
      co_await http::async_read(stream_.next_layer(), incoming_, handshake_, kNoThrow);
  stream_.next_layer().expires_never();
  co_return !error && incoming_.size() == 0;
}

asio::awaitable<bool> WebSocketConnection::accept() {
  if (!co_await read_handshake()) {
    engine_.metrics.message_refused(ErrorKind::protocol);
    co_return false;
  }
  stream_.set_option(websocket::stream_base::timeout{.handshake_timeout = kHandshakeTime,
                                                     .idle_timeout = std::chrono::seconds(30),
                                                     .keep_alive_pings = true});
  stream_.read_message_max(kMaxMessageBytes);
  const auto [error] = co_await stream_.async_accept(handshake_.get(), kNoThrow);
  if (error) engine_.metrics.message_refused(ErrorKind::protocol);
  stream_.text(true);
  co_return !error;
}

void WebSocketConnection::begin_session() {
  // Reports come from workers, perhaps after the connection's end.
  auto send = [weak = weak_from_this(), executor = stream_.get_executor()](std::string text) {
    auto shared = std::make_shared<const std::string>(std::move(text));
    asio::post(executor, [weak, shared = std::move(shared)]() mutable {
      if (const auto self = weak.lock()) self->enqueue({.text = std::move(shared)});
    });
  };
  session_.emplace(id_, engine_, std::move(send), caller_of(handshake_.get()));
}

asio::awaitable<void> WebSocketConnection::read_messages() {
  auto next = VoiceSession::Next::go_on;
  while (next == VoiceSession::Next::go_on) {
    incoming_.clear();
    const auto [error, bytes] = co_await stream_.async_read(incoming_, kNoThrow);
    if (error == websocket::error::message_too_big) session_->on_oversize();
    if (error) break;
    engine_.metrics.message_received(bytes);
    next = handle_message();
  }
  // After the replies that are still on their way to the outbox.
  co_await asio::post(stream_.get_executor(), asio::use_awaitable);
  close_after_outbox(websocket::close_code::normal);
}

VoiceSession::Next WebSocketConnection::handle_message() {
  const auto data = incoming_.cdata();
  if (stream_.got_text()) {
    return session_->on_text(std::string_view(static_cast<const char*>(data.data()), data.size()));
  }
  session_->on_binary(std::span(static_cast<const std::uint8_t*>(data.data()), data.size()));
  return VoiceSession::Next::go_on;
}

void WebSocketConnection::broadcast(std::shared_ptr<const std::string> text) {
  engine_.metrics.broadcast_attempted();
  enqueue({.text = std::move(text), .purpose = Purpose::broadcast});
}

kymo::packs::SendResult WebSocketConnection::tell(std::shared_ptr<const std::string> text) {
  if (closing_) return kymo::packs::SendResult::gone;
  if (outbox_.size() >= kMaxOutbox) return kymo::packs::SendResult::busy;
  enqueue({.text = std::move(text), .purpose = Purpose::metrics});
  return kymo::packs::SendResult::sent;
}

void WebSocketConnection::enqueue(Outgoing message) {
  if (closing_ || outbox_.size() >= kMaxOutbox) {
    count_failure(message);
    return;
  }
  outbox_.push_back(std::move(message));
  outbox_changed_.cancel();
}

void WebSocketConnection::count_failure(const Outgoing& message) {
  if (message.purpose == Purpose::broadcast) {
    engine_.metrics.broadcast_failed();
  } else if (message.purpose == Purpose::reply) {
    engine_.metrics.reply_dropped();
  }
}

asio::awaitable<void> WebSocketConnection::write_messages() {
  while (true) {
    while (outbox_.empty() && !closing_) {
      outbox_changed_.expires_at(asio::steady_timer::time_point::max());
      co_await outbox_changed_.async_wait(kNoThrow);
    }
    if (outbox_.empty()) break;
    const Outgoing message = std::move(outbox_.front());
    outbox_.pop_front();
    const auto [error, bytes] = co_await stream_.async_write(asio::buffer(*message.text), kNoThrow);
    if (error) {
      count_failure(message);
      for (const Outgoing& unsent : outbox_) count_failure(unsent);
      stream_.next_layer().close();  // also ends the reading
      co_return;
    }
    engine_.metrics.message_sent(bytes);
    if (message.purpose == Purpose::broadcast) engine_.metrics.broadcast_succeeded();
  }
  co_await stream_.async_close(*closing_, kNoThrow);
}

void WebSocketConnection::close_after_outbox(websocket::close_code reason) {
  if (!closing_) closing_ = reason;
  outbox_changed_.cancel();
}

void WebSocketConnection::shut_down() {
  if (!ready()) {
    stream_.next_layer().close();
    return;
  }
  close_after_outbox(websocket::close_code::going_away);
}

}  // namespace

void serve_websocket(asio::ip::tcp::socket socket, std::uint64_t session_id, Engine& engine, Room& room) {
  std::make_shared<WebSocketConnection>(std::move(socket), session_id, engine, room)->start();
}

}  // namespace voice
