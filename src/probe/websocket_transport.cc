#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <random>
#include <string_view>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/websocket.hpp>

#include "numbers.h"
#include "transport.h"

namespace kymo::KYMO_ABI::probe {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;
using namespace std::chrono_literals;

constexpr auto kConnectTime = 5s;
/// A connection without answers to pings for this long is reopened.
constexpr auto kPatience = 10s;
constexpr std::size_t kPingBytes = 16;  // session and sequence number

std::string websocket_error_text(const beast::error_code& error, unsigned status) {
  if (error == websocket::error::upgrade_declined)
    return "no WebSocket there: the server answered " + std::to_string(status);
  if (error == beast::error::timeout) return "the server took too long to answer the handshake";
  if (error == asio::error::eof || error == websocket::error::closed)
    return "the server closed the connection";
  if (error.category() == asio::error::get_system_category()) return error_text(error.value());
  return error.message();
}

/// Receives a connection's events.
class LinkEvents {
 public:
  virtual void on_open() = 0;
  virtual void on_pong(std::string_view payload) = 0;
  virtual void on_end(const std::string& why) = 0;

 protected:
  ~LinkEvents() = default;
};

/// One connection. Its own operations keep it alive; once its owner drops it, it reports nothing.
class Link final : public std::enable_shared_from_this<Link> {
 public:
  Link(asio::io_context& io, LinkEvents& events) : stream_(io), events_(&events) {}

  void open(const TransportParts& parts) {
    asio::ip::tcp::endpoint endpoint;
    std::memcpy(endpoint.data(), parts.address.get(), parts.address.length);
    endpoint.resize(parts.address.length);
    authority_ = authority_of(parts.target, 0);
    path_ = parts.target.path;
    beast::get_lowest_layer(stream_).expires_after(kConnectTime);
    beast::get_lowest_layer(stream_).async_connect(endpoint,
                                                   [self = shared_from_this()](beast::error_code error) {
                                                     error ? self->end(error) : self->shake_hands();
                                                   });
  }

  /// False while the previous ping is being written.
  bool ping(std::string_view payload) {
    if (is_pinging_) return false;
    is_pinging_ = true;
    stream_.async_ping(websocket::ping_data(payload.begin(), payload.end()),
                       [self = shared_from_this()](beast::error_code error) {
                         self->is_pinging_ = false;
                         if (error) self->end(error);
                       });
    return true;
  }

  void forget() {
    events_ = nullptr;
    beast::get_lowest_layer(stream_).close();
  }

 private:
  void shake_hands() {
    beast::error_code ignored;
    beast::get_lowest_layer(stream_).socket().set_option(asio::ip::tcp::no_delay(true), ignored);
    beast::get_lowest_layer(stream_).expires_never();
    stream_.set_option(websocket::stream_base::timeout{kConnectTime, websocket::stream_base::none(), false});
    stream_.read_message_max(0);  // read and dropped piece by piece
    stream_.control_callback([this](websocket::frame_type kind, beast::string_view payload) {
      if (events_ != nullptr && kind == websocket::frame_type::pong)
        events_->on_pong(std::string_view(payload.data(), payload.size()));
    });
    stream_.async_handshake(answer_, authority_, path_, [self = shared_from_this()](beast::error_code error) {
      if (error) return self->end(error);
      if (self->events_ != nullptr) self->events_->on_open();
      self->read();
    });
  }

  /// Pongs arrive only during a read. Other messages of the server are ignored.
  void read() {
    if (events_ == nullptr) return;
    stream_.async_read_some(buffer_, 4096, [self = shared_from_this()](beast::error_code error, std::size_t) {
      self->buffer_.clear();
      error ? self->end(error) : self->read();
    });
  }

  void end(const beast::error_code& error) {
    if (events_ != nullptr) events_->on_end(websocket_error_text(error, answer_.result_int()));
  }

  websocket::stream<beast::tcp_stream> stream_;
  LinkEvents* events_;
  std::string authority_;
  std::string path_;
  websocket::response_type answer_;
  beast::flat_buffer buffer_;
  bool is_pinging_ = false;
};

class WebsocketTransport final : public Transport, private LinkEvents {
 public:
  explicit WebsocketTransport(const TransportParts& parts)
      : parts_(parts), session_(draw_secret()), retry_(parts.io) {
    open();
  }
  WebsocketTransport(const WebsocketTransport&) = delete;
  WebsocketTransport& operator=(const WebsocketTransport&) = delete;
  ~WebsocketTransport() override {
    *is_there_ = false;
    if (link_) link_->forget();
  }

  [[nodiscard]] bool is_ready() const override { return is_open_; }

  void send(std::uint64_t sequence) override {
    if (!is_open_) return parts_.events.on_failure(sequence, "the connection was just lost");
    std::array<std::byte, kPingBytes> payload{};
    put_big_endian(std::span(payload), session_);
    put_big_endian(std::span(payload).subspan(8), sequence);
    if (!link_->ping({reinterpret_cast<const char*>(payload.data()), payload.size()}))
      parts_.events.on_failure(sequence, "the connection is stalled: the previous ping waits to be sent");
  }

  void give_up(std::uint64_t) override {
    if (is_open_ && std::chrono::steady_clock::now() - heard_ > kPatience)
      on_end("the connection answers no pings");
  }

 private:
  void open() {
    LinkEvents& self = *this;
    link_ = std::make_shared<Link>(parts_.io, self);
    link_->open(parts_);
  }

  void on_open() override {
    is_open_ = true;
    heard_ = std::chrono::steady_clock::now();
  }

  void on_pong(std::string_view payload) override {
    const auto bytes = std::as_bytes(std::span(payload));
    // An unsolicited pong is a sign of life (RFC 6455 5.5.3), and no answer.
    if (bytes.size() != kPingBytes || get_big_endian<std::uint64_t>(bytes) != session_) return;
    failures_ = 0;
    Answer answer;
    answer.sequence = get_big_endian<std::uint64_t>(bytes.subspan(8));
    answer.arrived = heard_ = std::chrono::steady_clock::now();
    parts_.events.on_answer(answer);
  }

  void on_end(const std::string& why) override {
    is_open_ = false;
    if (auto link = std::exchange(link_, nullptr)) link->forget();
    parts_.events.on_trouble(why);
    const auto wait = std::min(500ms * (1U << std::min(failures_++, 5U)), std::chrono::milliseconds(10'000));
    const double factor = std::uniform_real_distribution<>(0.75, 1.25)(chance_);
    retry_.expires_after(
        std::chrono::milliseconds(static_cast<int>(factor * static_cast<double>(wait.count()))));
    retry_.async_wait([this, is_there = is_there_](beast::error_code error) {
      if (*is_there && !error) open();
    });
  }

  TransportParts parts_;
  std::uint64_t session_;
  std::shared_ptr<Link> link_;
  bool is_open_ = false;
  std::chrono::steady_clock::time_point heard_;  // time of the last pong
  unsigned failures_ = 0;                        // consecutive failed connections
  asio::steady_timer retry_;
  std::minstd_rand chance_{std::random_device{}()};
  std::shared_ptr<bool> is_there_ = std::make_shared<bool>(true);
};

}  // namespace

std::unique_ptr<Transport> make_websocket_transport(const TransportParts& parts) {
  return std::make_unique<WebsocketTransport>(parts);
}

}  // namespace kymo::KYMO_ABI::probe
