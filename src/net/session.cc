#include "session.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include <kymo/base/file_descriptor.h>
#include <kymo/net/json_error.h>
#include <kymo/net/uri.h>

#include "client_watch.h"
#include "handler_call.h"
#include "loop_executor.h"
#include "refusal.h"
#include "request_parser.h"
#include "response_head.h"
#include "server_context.h"
#include "tls_context.h"
#include "transport.h"
#include "unwritten.h"
#include "websocket_handshake.h"

namespace kymo::KYMO_ABI::net {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t kReadBytes = 8 * 1024;
constexpr int kSendBuffer = 128 * 1024;
/// For a connection that evicted another. Filling the buffer is the main cost of a client that never reads,
/// and such a client may reconnect thousands of times a second.
constexpr int kSmallSendBuffer = 8 * 1024;
constexpr std::size_t kWritePiece = 1024 * 1024;
constexpr std::size_t kWriteStep = 64 * 1024;
constexpr std::size_t kLingerBytes = 1024 * 1024;
constexpr milliseconds kLingerTime{500};
constexpr milliseconds kCancelAgain{50};
/// Limit of refused connections that are closed gently at one time.
constexpr std::size_t kGentleRefusals = 64;
/// Time for a connection in a reserved place to send its request.
constexpr milliseconds kReservedTime{1000};
constexpr milliseconds kLongestDelay{1000};

Coroutine<Answer> answer_on_worker(ServerContext& context, const HttpRequest& request) {
  co_return call_handler(context, request);
}

Coroutine<GeneratedPiece> next_piece(const HttpBody::Generator& next) { co_return call_generator(next); }

/// Adds one to a count of the I/O thread, until destroyed.
class Counted final {
 public:
  explicit Counted(std::size_t& number) noexcept : number_(number) { ++number_; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  ~Counted() { --number_; }

 private:
  std::size_t& number_;
};

using Pieces = Unwritten::Pieces;

Transport wrapped(ServerContext& context, const Peer& peer, base::FileDescriptor socket,
                  ConnectionTable::Room room) {
  asio::ip::tcp::socket wrapped_socket(context.io);
  wrapped_socket.assign(peer.key[0] == 4 ? asio::ip::tcp::v4() : asio::ip::tcp::v6(), socket.get());
  (void)socket.release();
  // The kernel's buffer is uncounted memory; by default it grows to megabytes.
  boost::system::error_code ignored;
  const int buffer = room == ConnectionTable::Room::made_by_eviction ? kSmallSendBuffer : kSendBuffer;
  wrapped_socket.set_option(asio::socket_base::send_buffer_size(buffer), ignored);
  return Transport(std::move(wrapped_socket));
}

/// One connection. Kept alive by its coroutine; everything happens on the I/O thread but the handler's call.
class Session final : public std::enable_shared_from_this<Session> {
 public:
  /// `room`: without room, the connection has a reserved place.
  Session(ServerContext& context, base::FileDescriptor socket, Peer peer, ConnectionTable::Room room)
      : context_(context),
        transport_(wrapped(context, peer, std::move(socket), room)),
        timer_(context.io),
        parser_(context.options.limits),
        peer_(std::move(peer)),
        is_proxy_(context.proxies.trusts(peer_.address)),
        room_(room) {
    slot_.emplace(context_, ConnectionTable::Entry{.address = peer_.key,
                                                   .phase = is_reserved() ? Phase::reserved : Phase::waiting,
                                                   .since = steady_clock::now(),
                                                   .close = [this] { close(); },
                                                   .is_proxy = is_proxy_,
                                                   .untaken = [this] { return transport_.untaken(); }});
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  Coroutine<void> serve();

 private:
  enum class Step : std::uint8_t { again, close_gently, close, handed_over };

  [[nodiscard]] bool is_reserved() const noexcept {
    return room_ == ConnectionTable::Room::none || room_ == ConnectionTable::Room::none_for_address;
  }
  [[nodiscard]] bool is_health_check() const;
  Coroutine<Step> refuse_for_want_of_room();
  void close() noexcept;
  Coroutine<Step> greet();
  Coroutine<Step> serve_one();
  Coroutine<bool> read_head();
  Coroutine<bool> read_body();
  Coroutine<bool> read_some();
  Coroutine<Step> answer();
  Coroutine<Step> refuse_request(const Fault& fault);
  Coroutine<Step> upgrade(const HttpResponse& response, After after, bool in_time);
  Coroutine<Answer> dispatch(const Target& target);
  Coroutine<void> hold_back(milliseconds delay);
  Coroutine<bool> send(const HttpResponse& response, After after);
  Coroutine<bool> send_generated(std::string_view head, const HttpBody::Generator& next);
  Coroutine<bool> write(std::string_view head, Pieces pieces);
  Coroutine<void> linger();
  Coroutine<void> end_gently();

  void enter(Phase phase) { slot_->enter(phase); }
  /// The sender of the current request.
  [[nodiscard]] const Peer& client() const noexcept { return is_proxy_ ? forwarded_ : peer_; }
  [[nodiscard]] bool is_of_other_scheme(const RequestHead& head) const noexcept;
  void arm(milliseconds time);
  void wait_for_timer();
  void disarm();

  ServerContext& context_;
  Transport transport_;
  asio::steady_timer timer_;
  RequestParser parser_;
  const Peer peer_;
  const bool is_proxy_;
  const ConnectionTable::Room room_;    ///< result at its arrival
  Peer forwarded_;                      ///< the proxy's client for the current request
  std::optional<ConnectionSlot> slot_;  ///< empty while it is being made, and handed over with the socket
  std::uint64_t armed_ = 0;             ///< distinguishes a timer's late completion from the current one
  bool expired_ = false;
  bool first_ = true;
  ThreadClass threads_ = ThreadClass::normal;  ///< of the request at hand
  std::array<char, kReadBytes> buffer_;
};

/// Cancelling a timer cannot stop a queued completion, so every wait is followed by a check of `expired_`.
void Session::arm(milliseconds time) {
  expired_ = false;
  ++armed_;
  timer_.expires_after(time);
  wait_for_timer();
}

/// An operation of several steps, such as a TLS record, may be between two of them; so cancel until it ends.
void Session::wait_for_timer() {
  timer_.async_wait([weak = weak_from_this(), armed = armed_](const auto& error) {
    const auto self = weak.lock();
    if (error || self == nullptr || self->armed_ != armed) return;
    self->expired_ = true;
    self->transport_.cancel();
    self->timer_.expires_after(kCancelAgain);
    self->wait_for_timer();
  });
}

void Session::disarm() {
  ++armed_;
  expired_ = false;
  timer_.cancel();
}

Coroutine<void> Session::serve() {
  const milliseconds header_time = context_.options.limits.header_time;
  arm(is_reserved() ? std::min(header_time, kReservedTime) : header_time);
  Step step = co_await greet();
  while (step == Step::again && !context_.draining) {
    step = co_await serve_one();
    first_ = false;
  }
  if (step == Step::close_gently && !context_.draining) co_await end_gently();
  disarm();
}

/// A refused connection releases its place first. If too many are being refused, it is closed at once.
Coroutine<void> Session::end_gently() {
  if (!is_reserved()) co_return co_await linger();
  slot_->give_up();
  if (context_.refusals >= kGentleRefusals) co_return;
  const Counted told(context_.refusals);
  co_await linger();
}

bool Session::is_health_check() const {
  return context_.thread_class_of(parser_.head()) == ThreadClass::quick;
}

Coroutine<Session::Step> Session::refuse_for_want_of_room() {
  count(context_.counters.connections_refused);
  const HttpResponse busy = too_many_connections(room_, context_.connections.limits());
  const bool sent = co_await send(busy, After::close);
  co_return sent ? Step::close_gently : Step::close;
}

/// Called at eviction, and when the server ends.
void Session::close() noexcept {
  const bool is_untold = is_reserved() && !transport_.is_tls() && !parser_.begun();
  if (is_untold) tell_too_many_now(context_, transport_.socket().native_handle(), room_);
  transport_.close();
}

/// The TLS handshake, if this server speaks TLS. Its memory and work start only after the client has shown
/// that it speaks TLS too.
Coroutine<Session::Step> Session::greet() {
  const std::shared_ptr<const TlsIdentity> identity = context_.tls.get();
  if (identity == nullptr) co_return Step::again;
  const auto [failed] = co_await transport_.socket().async_wait(asio::ip::tcp::socket::wait_read, kResult);
  const auto greeting = failed ? Transport::Greeting::ended : transport_.look_at_greeting();
  if (expired_) count(context_.counters.timeouts);
  if (greeting == Transport::Greeting::ended) co_return Step::close;
  if (greeting == Transport::Greeting::text) {
    count(context_.counters.tls_failures);
    count(context_.counters.requests_bad);
    const bool sent = co_await send(speaks_https(), After::close);
    co_return sent ? Step::close_gently : Step::close;
  }
  transport_.begin_tls(identity->context().ssl());
  const auto [error] = co_await transport_.async_handshake(asio::ssl::stream_base::server, kResult);
  if (!error && !expired_) co_return Step::again;
  count(context_.counters.tls_failures);
  if (expired_) count(context_.counters.timeouts);
  co_return Step::close;
}

Coroutine<Session::Step> Session::serve_one() {
  enter(Phase::waiting);
  bool complete = co_await read_head();
  const bool has_no_place = is_reserved() && (complete ? !is_health_check() : expired_);
  if (has_no_place) co_return co_await refuse_for_want_of_room();
  if (complete) complete = co_await read_body();
  if (complete) co_return co_await answer();
  if (parser_.state() == RequestParser::State::faulty) {
    co_return co_await refuse_request(parser_.fault());
  }
  if (!expired_) co_return Step::close;
  if (!parser_.begun()) {
    if (first_) count(context_.counters.timeouts);
    co_return transport_.is_tls() ? Step::close_gently : Step::close;
  }
  count(context_.counters.timeouts);
  const Fault too_slow{408, "the request took too long to arrive"};
  co_return co_await refuse_request(too_slow);
}

/// True once the head is good. A connection's first head is timed from the connection's begin, handshake
/// included. So a silent connection is no cheaper to hold open than a slow one.
Coroutine<bool> Session::read_head() {
  const HttpLimits& limits = context_.options.limits;
  bool begun = first_ || parser_.begun();
  if (!first_) arm(begun ? limits.header_time : limits.idle_time);
  while (parser_.state() == RequestParser::State::head) {
    const bool arrived = co_await read_some();
    if (!arrived) co_return false;
    if (!begun) arm(limits.header_time);
    begun = true;
  }
  co_return parser_.state() != RequestParser::State::faulty;
}

Coroutine<bool> Session::read_body() {
  if (parser_.state() == RequestParser::State::body) {
    if (parser_.head().expects_continue && parser_.body().empty()) {
      const bool invited = co_await write("HTTP/1.1 100 Continue\r\n\r\n", {});
      if (!invited) co_return false;
    }
    arm(context_.options.limits.body_time);
  }
  while (parser_.state() == RequestParser::State::body) {
    const bool arrived = co_await read_some();
    if (!arrived) co_return false;
  }
  co_return parser_.state() == RequestParser::State::complete;
}

Coroutine<bool> Session::read_some() {
  if (expired_) co_return false;
  const auto [error, size] = co_await transport_.async_read_some(asio::buffer(buffer_), kResult);
  if (error) co_return false;
  parser_.feed({buffer_.data(), size});
  co_return true;
}

/// A trusted proxy may have removed TLS.
bool Session::is_of_other_scheme(const RequestHead& head) const noexcept {
  if (head.scheme == RequestHead::Scheme::none || is_proxy_) return false;
  return (head.scheme == RequestHead::Scheme::https) != transport_.is_tls();
}

Coroutine<Session::Step> Session::answer() {
  disarm();
  count(context_.counters.requests);
  const RequestHead& head = parser_.head();
  if (is_of_other_scheme(head)) {
    const Fault misdirected{421, transport_.is_tls()
                                     ? "the target is http://, and this connection is TLS"
                                     : "the target is https://, and this connection is not TLS"};
    co_return co_await refuse_request(misdirected);
  }
  if (is_proxy_) forwarded_ = context_.proxies.client_of(peer_, find_field(head, "x-forwarded-for"));
  if (head.expects_other) {
    const Fault unknown{417, "the only expectation known is 100-continue"};
    co_return co_await refuse_request(unknown);
  }
  const std::optional<Target> target = head.target == "*" ? Target{"*", {}} : parse_target(head.target);
  After after = head.keep_alive ? After::keep : After::close;
  bool sent = false;
  if (!target) {
    count(context_.counters.requests_bad);
    const HttpResponse bad = json_error(400, "the target has a broken or forbidden percent-escape");
    sent = co_await send(bad, after);
  } else {
    enter(Phase::answering);
    const std::size_t sweeps = context_.sweeps;
    const Answer made = co_await dispatch(*target);
    note_handler_error(context_, parser_.head().target, made.error);
    if (made.response.delay > milliseconds::zero()) co_await hold_back(made.response.delay);
    if (context_.draining || is_reserved()) after = After::close;
    // Only the end of the connection tells a client of HTTP/1.0 where such a body ends.
    if (made.response.body.generator() != nullptr && parser_.head().is_http_1_0) after = After::close;
    if (made.response.websocket != nullptr) {
      co_return co_await upgrade(made.response, after, sweeps == context_.sweeps);
    }
    sent = co_await send(made.response, after);
  }
  if (!sent) co_return Step::close;
  if (after == After::close) co_return Step::close_gently;
  parser_.next();
  co_return Step::again;
}

Coroutine<Answer> Session::dispatch(const Target& target) {
  HttpRequest request = make_request(parser_.head(), target);
  request.body = parser_.body();
  request.remote = client().text;
  request.is_secure = transport_.is_tls();
  threads_ = context_.thread_class_of(parser_.head());
  if (threads_ == ThreadClass::quick) co_return call_handler(context_, request);
  if (context_.bodies.is_tight()) {
    count(context_.counters.connections_evicted, context_.connections.evict_senders(steady_clock::now()));
  }
  std::optional<Counted> heavy;
  if (threads_ == ThreadClass::heavy) {
    if (!context_.has_heavy_place()) {
      count(context_.counters.heavy_refused);
      co_return Answer{too_many_heavy_requests(), {}};
    }
    heavy.emplace(context_.heavy_requests);
  }
  request.deadline = request.received + context_.options.limits.answer_time;
  const ClientWatch watch(context_, {shared_from_this(), &transport_}, request.deadline);
  request.cancel = watch.token();
  co_return co_await asio::co_spawn(context_.workers_loop(threads_), answer_on_worker(context_, request),
                                    asio::use_awaitable_t<LoopExecutor>());
}

Coroutine<void> Session::hold_back(milliseconds delay) {
  enter(Phase::waiting);
  asio::steady_timer pause(context_.io, std::min(delay, kLongestDelay));
  (void)co_await pause.async_wait(kResult);
}

/// Bytes after the handshake would be lost here; RFC 6455 4.1 makes the client wait for our response.
Coroutine<Session::Step> Session::upgrade(const HttpResponse& response, After after, bool in_time) {
  std::optional<HttpResponse> refusal = refuse_handshake(parser_.head());
  if (!refusal && parser_.has_more()) refusal = json_error(400, "bytes came before the handshake's answer");
  if (!refusal && !in_time) refusal = json_error(503, "all WebSockets were just closed", "try again");
  if (!refusal) {
    const ConnectionTable::Stream made =
        serve_websocket(context_, transport_, *slot_, client().key, parser_.head(), response.websocket);
    if (made == ConnectionTable::Stream::made) co_return Step::handed_over;
    count(context_.counters.connections_refused);
    refusal = too_many_websockets(made, context_.connections.limits());
  }
  after = parser_.has_more() ? After::close : after;
  const bool sent = co_await send(*refusal, after);
  if (!sent) co_return Step::close;
  if (after == After::close) co_return Step::close_gently;
  parser_.next();
  co_return Step::again;
}

/// By reference to a named fault: g++ 12 destroys a temporary in a co_await's argument twice.
Coroutine<Session::Step> Session::refuse_request(const Fault& fault) {
  count(context_.counters.requests_bad);
  const HttpResponse response = json_error(fault.status, fault.message);
  const bool sent = co_await send(response, After::close);
  co_return sent ? Step::close_gently : Step::close;
}

Coroutine<bool> Session::send(const HttpResponse& response, After after) {
  const std::string head = render_head(
      response,
      {context_.options.server_name, std::chrono::system_clock::now(), after, parser_.head().is_http_1_0});
  const bool with_body = may_have_body(response.status) && parser_.head().method != "HEAD";
  const auto generator = with_body ? response.body.generator() : nullptr;
  if (generator != nullptr) co_return co_await send_generated(head, *generator);
  co_return co_await write(head, with_body ? response.body.pieces() : Pieces());
}

/// A failure closes the connection before the last chunk, so that no client takes the body for whole.
Coroutine<bool> Session::send_generated(std::string_view head, const HttpBody::Generator& next) {
  const bool in_chunks = !parser_.head().is_http_1_0;
  bool sent = co_await write(head, {});
  while (sent) {
    disarm();
    enter(Phase::answering);
    const GeneratedPiece piece = co_await asio::co_spawn(context_.workers_loop(threads_), next_piece(next),
                                                         asio::use_awaitable_t<LoopExecutor>());
    note_handler_error(context_, parser_.head().target, piece.error);
    if (!piece.error.empty() || context_.stopping) co_return false;
    if (piece.is_last) break;
    if (piece.bytes.empty()) continue;
    const std::string chunk = in_chunks ? chunk_head(piece.bytes.size()) : std::string();
    const std::array<std::string_view, 2> pieces = {piece.bytes, "\r\n"};
    sent = co_await write(chunk, Pieces(pieces).first(in_chunks ? 2 : 1));
  }
  if (sent && in_chunks) sent = co_await write("0\r\n\r\n", {});
  co_return sent;
}

/// Writes in pieces, so the time limit bounds the client's pace and not the body's size. The client's
/// progress is noted, which distinguishes a slow client from a stalled one.
Coroutine<bool> Session::write(std::string_view head, Pieces pieces) {
  Unwritten unwritten(head, pieces);
  while (!unwritten.empty()) {
    const Unwritten::Buffers buffers = unwritten.take(kWritePiece);
    arm(context_.options.limits.write_time);
    enter(Phase::sending);
    const auto note = [this](const boost::system::error_code& failed, std::size_t taken) -> std::size_t {
      if (taken > 0) enter(Phase::sending);
      return failed ? 0 : kWriteStep;
    };
    const auto [error, size] = co_await asio::async_write(transport_, buffers, note, kResult);
    count(context_.counters.bytes_sent, size);
    if (error) {
      if (expired_) count(context_.counters.timeouts);
      expired_ = false;
      co_return false;
    }
  }
  co_return true;
}

/// Closing with unread bytes makes the kernel send a reset, which can destroy the response before the client
/// reads it. So end our side, read for a moment, then close (RFC 9112 9.6).
Coroutine<void> Session::linger() {
  enter(Phase::waiting);
  arm(kLingerTime);
  if (transport_.is_tls()) (void)co_await transport_.async_end_tls(kResult);
  asio::ip::tcp::socket& socket = transport_.socket();
  boost::system::error_code failed;
  socket.shutdown(asio::ip::tcp::socket::shutdown_send, failed);
  if (failed) co_return;
  for (std::size_t discarded = 0; discarded < kLingerBytes && !expired_;) {
    const auto [error, size] = co_await socket.async_read_some(asio::buffer(buffer_), kResult);
    if (error) co_return;
    discarded += size;
  }
}

/// An exception of the coroutine (such as bad_alloc) ends that connection only.
void spawn(ServerContext& context, std::shared_ptr<Session> session) {
  Session& target = *session;
  asio::co_spawn(context.loop(), target.serve(),
                 [session = std::move(session)](const std::exception_ptr&) {});
}

}  // namespace

void serve_connection(ServerContext& context, base::FileDescriptor socket, Peer peer,
                      ConnectionTable::Room room) {
  spawn(context, std::make_shared<Session>(context, std::move(socket), std::move(peer), room));
}

}  // namespace kymo::KYMO_ABI::net
