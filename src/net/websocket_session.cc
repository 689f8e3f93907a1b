#include "session.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include <boost/asio/compose.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <boost/beast/zlib/error.hpp>

#include <netinet/tcp.h>
#include <sys/socket.h>

#include "frame_watch.h"
#include "websocket_handshake.h"

namespace kymo::KYMO_ABI::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;

using Error = boost::system::error_code;
using Text = std::shared_ptr<const std::string>;
using HandshakeRequest = http::request<http::empty_body>;

/// Time for our response to a handshake, and for a client to close after breaking the rules.
constexpr std::chrono::seconds kHandshakeTime{5};
/// Buffer that a connection keeps for its next message; more is freed.
constexpr std::size_t kKeptReadBytes = 4 * 1024;
constexpr std::size_t kLongestReason = 123;
/// Smaller messages are sent uncompressed (RFC 7692 allows that for each message).
constexpr std::size_t kWorthDeflating = 512;

HandshakeRequest handshake_request(const RequestHead& head, bool with_deflate) {
  HandshakeRequest request(http::verb::get, head.target, 11);
  for (const auto& [name, value] : head.fields) {
    const auto field = http::string_to_field(name);
    const bool is_wanted = field == http::field::host || field == http::field::upgrade ||
                           field == http::field::connection || field == http::field::sec_websocket_key ||
                           field == http::field::sec_websocket_version;
    if (is_wanted) request.set(field, value);
  }
  if (with_deflate) {
    request.set(http::field::sec_websocket_extensions, deflate_offer(head));
  }
  return request;
}

/// Windows of 2^12 bytes and no context between messages: a known cost for each of many connections. The
/// client's window must be 2^15: if less is required, Beast declines the whole extension for clients that
/// offer no choice (Firefox).
websocket::permessage_deflate deflate_options(bool enabled) {
  websocket::permessage_deflate options;
  options.server_enable = enabled;
  options.server_max_window_bits = 12;
  options.client_max_window_bits = 15;
  options.server_no_context_takeover = true;
  options.client_no_context_takeover = true;
  options.compLevel = 3;
  options.memLevel = 5;
  options.msg_size_threshold = kWorthDeflating;
  return options;
}

/// A slow client reads old messages from the kernel's buffer. A small buffer reveals a slow client soon, and
/// its next message is new.
void bound_kernel_buffers(asio::ip::tcp::socket& socket) {
  constexpr int kNotSent = 16 * 1024;
  Error ignored;
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kNotSent, sizeof kNotSent);
}

/// A transport that parses the client's frames, holds back a Close frame that Beast must not answer, and
/// tells when Beast begins to close: Beast then waits for the client forever.
class WatchedTransport final : public Transport {
 public:
  explicit WatchedTransport(Transport transport) : Transport(std::move(transport)) {}

  std::function<void()> on_end;
  std::function<void()> on_read;
  /// Called once, after everything before the Close frame was read.
  std::function<void(WebSocketClose)> on_verdict;

  [[nodiscard]] const FrameWatch& watch() const noexcept { return watch_; }
  /// Beast handles any answer to our own Close frame.
  void stop_watching() noexcept { is_watching_ = false; }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    std::remove_reference_t<Token> taken(std::forward<Token>(token));  // async_compose() needs a name for it
    return asio::async_compose<Token, void(Error, std::size_t)>(Read<Buffers>{this, buffers}, taken,
                                                                socket());
  }

  template <class Handler>
  friend void async_teardown(beast::role_type role, WatchedTransport& transport, Handler&& handler) {
    if (transport.on_end) transport.on_end();
    async_teardown(role, static_cast<Transport&>(transport), std::forward<Handler>(handler));
  }

 private:
  template <class Buffers>
  struct Read {
    WatchedTransport* transport;
    Buffers buffers;
    bool has_begun = false;

    template <class Self>
    void operator()(Self& self, Error error = {}, std::size_t size = 0) {
      if (std::exchange(has_begun, true)) {
        if (error) return self.complete(error, 0);
        size = transport->look_at(buffers, size);
        if (size > 0) return self.complete({}, size);
      }
      transport->tell_verdict();
      const Buffers where = buffers;  // `self`, which owns them, moves
      static_cast<Transport*>(transport)->async_read_some(where, std::move(self));
    }
  };

  /// Number of bytes for Beast; after a verdict, 0.
  template <class Buffers>
  std::size_t look_at(const Buffers& buffers, std::size_t size) {
    if (watch_.verdict()) return 0;
    if (!is_watching_) return size;
    std::size_t good = 0;
    for (auto it = asio::buffer_sequence_begin(buffers); it != asio::buffer_sequence_end(buffers); ++it) {
      const asio::const_buffer buffer(*it);
      const std::size_t here = std::min(buffer.size(), size - good);
      const std::size_t taken = watch_.take({static_cast<const char*>(buffer.data()), here});
      good += taken;
      if (taken < here || good == size) break;
    }
    if (on_read) on_read();
    return good;
  }

  void tell_verdict() {
    if (!watch_.verdict() || std::exchange(is_told_, true) || !on_verdict) return;
    on_verdict(*watch_.verdict());
  }

  FrameWatch watch_;
  bool is_watching_ = true;
  bool is_told_ = false;
};

/// True for data of a compressed message that cannot be inflated: Beast's only error of this category.
bool is_of_inflating(const Error& error) noexcept {
  return error.category() == beast::zlib::make_error_code(beast::zlib::error::stream_error).category();
}

std::string_view reason_of(WebSocketClose verdict) noexcept {
  if (verdict == WebSocketClose::protocol_error) return "that is no close code";
  return verdict == WebSocketClose::not_utf8 ? "the reason is not UTF-8" : "";
}

/// A server's Close frame: without a mask (RFC 6455 5.2).
std::string close_frame(WebSocketClose code, std::string_view reason) {
  constexpr char kFinalClose = '\x88';
  const auto number = static_cast<std::uint16_t>(code);
  std::string frame = {kFinalClose, static_cast<char>(reason.size() + sizeof number),
                       static_cast<char>(number >> 8U), static_cast<char>(number & 0xffU)};
  return frame.append(reason);
}

WebSocketClose close_code(const Error& error, const websocket::close_reason& reason) {
  const bool has_told = error == websocket::error::closed || reason.code != websocket::close_code::none;
  if (has_told) return static_cast<WebSocketClose>(reason.code);
  if (error == websocket::error::message_too_big) return WebSocketClose::too_big;
  if (error == websocket::error::bad_frame_payload) return WebSocketClose::not_utf8;
  if (error == websocket::condition::protocol_violation) return WebSocketClose::protocol_error;
  return WebSocketClose::lost;
}

/// The handler's side of the socket. May outlive the session and the server.
class Link final : public WebSocketConnection {
 public:
  Link(std::shared_ptr<Outbox> outbox, std::weak_ptr<OutboxReader> session)
      : outbox_(std::move(outbox)), session_(std::move(session)) {}

  bool send(Text text) override { return send(std::move(text), WebSocketMessage::text); }
  bool send(Text payload, WebSocketMessage kind) override;
  void close(WebSocketClose code, std::string_view reason) override;
  [[nodiscard]] bool is_open() const noexcept override { return open_; }

  void note_written() { busy_ = false; }
  void note_closing() { open_ = false; }

 private:
  const std::shared_ptr<Outbox> outbox_;
  const std::weak_ptr<OutboxReader> session_;
  std::atomic<bool> busy_{false};
  std::atomic<bool> open_{true};
};

bool Link::send(Text payload, WebSocketMessage kind) {
  if (!open_ || payload == nullptr || busy_.exchange(true)) return false;
  try {
    outbox_->add(session_, OutboxReader::Write{std::move(payload), kind});
    return true;
  } catch (...) {
    busy_ = false;  // no memory: another message may be sent
    return false;
  }
}

void Link::close(WebSocketClose code, std::string_view reason) {
  if (!open_.exchange(false)) return;
  if (reason.size() > kLongestReason) reason = {};
  outbox_->add(session_, OutboxReader::Close{code, std::string(reason)});
}

/// One WebSocket. Its pending operations keep it alive; everything happens on the I/O thread.
class WebSocketSession final : public OutboxReader, public std::enable_shared_from_this<WebSocketSession> {
 public:
  WebSocketSession(ServerContext& context, Transport transport, ConnectionSlot slot,
                   std::shared_ptr<WebSocketHandler> handler)
      : context_(context),
        slot_(std::move(slot)),
        handler_(std::move(handler)),
        stream_(WatchedTransport(std::move(transport))),
        close_timer_(context.io),
        message_timer_(context.io) {}
  WebSocketSession(const WebSocketSession&) = delete;
  WebSocketSession& operator=(const WebSocketSession&) = delete;
  ~WebSocketSession() override {
    end(WebSocketClose::lost);
    give_up_deflate();
  }

  void start(const RequestHead& head);
  void take(const Write& write) override;
  void take(const Close& close) override;
  void close(WebSocketClose code, const std::string& reason);
  void close_now() noexcept;
  /// No effect before the handshake is done; on_accepted() then calls it again.
  void leave(const Farewell& farewell);

 private:
  void set_options();
  void give_up_deflate() noexcept {
    if (std::exchange(deflates_, false)) --context_.deflated;
  }
  void on_accepted();
  void read();
  void on_read();
  void on_read_failed(const Error& error);
  void time_message();
  void answer_close(WebSocketClose verdict);
  void begin_writing(const Write& write);
  void write_last_words();
  void on_written(const Error& error, std::size_t size);
  void limit_end();
  void end(WebSocketClose code) noexcept;
  template <class Call>
  void call_handler(const Call& call);

  ServerContext& context_;
  ConnectionSlot slot_;
  std::shared_ptr<WebSocketHandler> handler_;
  websocket::stream<WatchedTransport> stream_;
  asio::steady_timer close_timer_;
  asio::steady_timer message_timer_;
  std::optional<std::uint64_t> timed_;  ///< the message that the timer is for, by FrameWatch::ended()
  beast::flat_buffer incoming_;
  std::shared_ptr<Link> link_;  ///< from on_open() to on_close()
  std::optional<WebSocketClose> closing_;
  std::optional<Farewell> farewell_;  ///< a request to leave before the handshake was done
  bool accepted_ = false;             ///< the handshake is done; before that, Beast can neither write nor
                                      ///< close
  bool deflates_ = false;
  bool is_writing_ = false;
  std::string last_words_;  ///< a Close frame to write without Beast; empty: none
};

void WebSocketSession::start(const RequestHead& head) {
  deflates_ =
      context_.deflated < context_.options.websocket.deflated_connections && !deflate_offer(head).empty();
  if (deflates_) ++context_.deflated;
  set_options();
  stream_.async_accept(handshake_request(head, deflates_), [self = shared_from_this()](const Error& error) {
    if (!error) self->on_accepted();
  });
}

void WebSocketSession::set_options() {
  const WebSocketLimits& limits = context_.options.websocket;
  stream_.set_option(websocket::stream_base::timeout{
      .handshake_timeout = kHandshakeTime, .idle_timeout = 2 * limits.ping_every, .keep_alive_pings = true});
  stream_.set_option(deflate_options(deflates_));
  stream_.set_option(websocket::stream_base::decorator([this](websocket::response_type& response) {
    response.set(http::field::server, context_.options.server_name);
    if (response.count(http::field::sec_websocket_extensions) == 0) give_up_deflate();
  }));
  stream_.read_message_max(limits.message_bytes);
  stream_.auto_fragment(false);
  WatchedTransport& transport = stream_.next_layer();
  transport.on_end = [this] {
    if (!closing_) limit_end();
  };
  transport.on_read = [this] { time_message(); };
  // Deferred: Beast is in the middle of an operation.
  transport.on_verdict = [this](WebSocketClose verdict) {
    asio::post(context_.io, [self = shared_from_this(), verdict] { self->answer_close(verdict); });
  };
  bound_kernel_buffers(stream_.next_layer().socket());
}

void WebSocketSession::on_accepted() {
  accepted_ = true;
  if (context_.draining && !farewell_) farewell_ = server_stops();
  if (farewell_) return leave(*farewell_);
  link_ = std::make_shared<Link>(context_.outbox, weak_from_this());
  call_handler([this] { handler_->on_open(link_); });
  read();
}

void WebSocketSession::read() {
  stream_.async_read(incoming_, [self = shared_from_this()](const Error& error, std::size_t) {
    if (error) return self->on_read_failed(error);
    self->on_read();
  });
}

void WebSocketSession::on_read() {
  const auto data = incoming_.cdata();
  const std::string_view payload(static_cast<const char*>(data.data()), data.size());
  const WebSocketMessage kind = stream_.got_text() ? WebSocketMessage::text : WebSocketMessage::binary;
  // Messages after our close are ignored.
  if (!closing_) call_handler([&] { handler_->on_message(payload, kind); });
  incoming_.consume(incoming_.size());
  if (incoming_.capacity() > kKeptReadBytes) incoming_.shrink_to_fit();
  read();
}

/// If a message cannot be inflated, Beast abandons the stream silently.
void WebSocketSession::on_read_failed(const Error& error) {
  if (closing_ || !is_of_inflating(error)) return end(close_code(error, stream_.reason()));
  closing_ = WebSocketClose::not_utf8;
  if (link_ != nullptr) link_->note_closing();
  limit_end();
  last_words_ = close_frame(*closing_, "the message cannot be inflated");
  if (!is_writing_) write_last_words();
}

void WebSocketSession::write_last_words() {
  asio::async_write(stream_.next_layer(), asio::buffer(last_words_),
                    [self = shared_from_this()](const Error& error, std::size_t) {
                      self->end(*self->closing_);
                      if (error) return self->close_now();
                      self->limit_end();
                      async_teardown(beast::role_type::server, self->stream_.next_layer(),
                                     [self](const Error&) { self->close_now(); });
                    });
}

/// A message must end in time, although each of its bytes resets Beast's idle timeout.
void WebSocketSession::time_message() {
  const FrameWatch& watch = stream_.next_layer().watch();
  if (timed_ && (!watch.is_in_message() || *timed_ != watch.ended())) {
    timed_.reset();
    message_timer_.cancel();
  }
  if (timed_ || closing_ || !watch.is_in_message()) return;
  timed_ = watch.ended();
  message_timer_.expires_after(context_.options.websocket.message_time);
  message_timer_.async_wait([weak = weak_from_this(), timed = *timed_](const Error& error) {
    const auto self = weak.lock();
    if (error || self == nullptr || self->timed_ != timed || self->closing_) return;
    count(self->context_.counters.timeouts);
    self->close(WebSocketClose::not_allowed, "a message took too long to arrive");
  });
}

void WebSocketSession::answer_close(WebSocketClose verdict) {
  close(verdict, std::string(reason_of(verdict)));
}

/// Without memory to write or to close, ends the connection.
void WebSocketSession::take(const Write& write) try { begin_writing(write); } catch (...) {
  close_now();
}

void WebSocketSession::take(const Close& close) try { this->close(close.code, close.reason); } catch (...) {
  close_now();
}

void WebSocketSession::begin_writing(const Write& write) {
  if (closing_ || link_ == nullptr) return;
  is_writing_ = true;
  slot_.enter(Phase::sending);
  stream_.text(write.kind == WebSocketMessage::text);
  stream_.async_write(asio::buffer(*write.payload),
                      [self = shared_from_this(), payload = write.payload](
                          const Error& error, std::size_t size) { self->on_written(error, size); });
}

void WebSocketSession::on_written(const Error& error, std::size_t size) {
  count(context_.counters.bytes_sent, size);
  is_writing_ = false;
  if (!last_words_.empty()) return write_last_words();
  if (error) return close_now();  // also ends the reading, which informs the handler
  slot_.enter(Phase::streaming);
  if (link_ == nullptr || closing_) return;
  link_->note_written();
  call_handler([this] { handler_->on_writable(); });
}

void WebSocketSession::leave(const Farewell& farewell) {
  if (accepted_) return close(farewell.code, farewell.reason);
  farewell_ = farewell;
}

void WebSocketSession::close(WebSocketClose code, const std::string& reason) {
  if (!accepted_ || closing_ || !stream_.next_layer().socket().is_open()) return;
  closing_ = code;
  stream_.next_layer().stop_watching();
  if (link_ != nullptr) link_->note_closing();
  limit_end();
  const websocket::close_reason farewell(static_cast<websocket::close_code>(code), reason);
  stream_.async_close(farewell, [self = shared_from_this()](const Error&) {
    self->end(*self->closing_);
    self->close_now();
  });
}

void WebSocketSession::limit_end() {
  close_timer_.expires_after(context_.options.websocket.close_time);
  close_timer_.async_wait([weak = weak_from_this()](const Error& error) {
    const auto self = weak.lock();
    if (!error && self != nullptr) self->close_now();
  });
}

void WebSocketSession::close_now() noexcept { stream_.next_layer().close(); }

void WebSocketSession::end(WebSocketClose code) noexcept {
  close_timer_.cancel();
  message_timer_.cancel();
  if (link_ == nullptr) return;
  std::exchange(link_, nullptr)->note_closing();
  try {
    handler_->on_close(closing_.value_or(code));
  } catch (...) {
    count(context_.counters.handler_errors);
  }
}

template <class Call>
void WebSocketSession::call_handler(const Call& call) {
  try {
    call();
    return;
  } catch (...) {
    count(context_.counters.handler_errors);
  }
  close(WebSocketClose::server_failed, {});
}

}  // namespace

ConnectionTable::Stream serve_websocket(ServerContext& context, Transport& transport, ConnectionSlot& slot,
                                        const AddressKey& client, const RequestHead& head,
                                        const std::shared_ptr<WebSocketHandler>& handler) {
  const auto target = std::make_shared<std::weak_ptr<WebSocketSession>>();
  const auto close = [target] {
    if (const auto session = target->lock()) session->close_now();
  };
  const auto leave = [target](const Farewell& farewell) {
    if (const auto session = target->lock()) session->leave(farewell);
  };
  const ConnectionTable::Stream made = slot.make_stream(client, close, leave);
  if (made != ConnectionTable::Stream::made) return made;
  const auto session =
      std::make_shared<WebSocketSession>(context, std::move(transport), std::move(slot), handler);
  *target = session;
  session->start(head);
  return made;
}

}  // namespace kymo::KYMO_ABI::net
