#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <variant>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>

#include <kymo/net/resolve.h>
#include <kymo/net/server_certificate.h>

#include "transport.h"

namespace kymo::KYMO_ABI::probe {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
using std::chrono::steady_clock;
using Tls = asio::ssl::stream<asio::ip::tcp::socket&>;

constexpr auto kLookForName = std::chrono::milliseconds(1);
constexpr std::size_t kMostHeaderBytes = 16UL << 10;
constexpr std::size_t kMostBodyBytes = 1UL << 20;
/// Limit of interim responses, such as `103 Early Hints`, before the response itself.
constexpr int kMostInterim = 8;

std::string reason_of(const error_code& error) {
  if (error == asio::error::eof || error == http::error::end_of_stream)
    return "the server closed the connection without an answer";
  if (error == http::error::partial_message) return "the answer was cut off";
  if (error == http::error::header_limit) return "the answer's header is longer than 16 KiB";
  if (error.category() == asio::error::get_system_category()) return error_text(error.value());
  if (error.category() == http::make_error_code(http::error::bad_version).category())
    return "the answer is not HTTP: " + error.message();
  return error.message();
}

/// `wrong version number`, without OpenSSL's numbers.
std::string tls_reason_of(const error_code& error) {
  if (error == asio::error::eof || error == asio::ssl::error::stream_truncated)
    return "no TLS: the server closed the connection in the handshake";
  if (error.category() == asio::error::get_system_category()) return error_text(error.value());
  std::string why = error.message();
  return "no TLS: " + why.substr(0, why.find(" (SSL routines"));
}

/// One request, its steps and their times. Its own operations keep it alive; once its owner drops it, it ends
/// soon and reports nothing.
class Request final : public std::enable_shared_from_this<Request> {
 public:
  /// The result: the details, or the reason of failure.
  using End = std::function<void(const ProbeDetails& details, std::chrono::nanoseconds total,
                                 const std::string& failure)>;

  Request(asio::io_context& io, const Target& target, asio::ssl::context* context, SocketBudget::Place place,
          End on_end)
      : target_(target),
        context_(context),
        on_end_(std::move(on_end)),
        place_(std::move(place)),
        socket_(io),
        timer_(io) {}

  void begin(const net::SocketAddress& address) { connect(address); }

  void begin(std::shared_ptr<const net::NameResolution> resolution) {
    step_ = "the name resolution";
    step_began_ = steady_clock::now();
    resolution_ = std::move(resolution);
    look_for_name();
  }

  void fail(const std::string& why) { finish(why.empty() ? "the reason is unknown" : why); }

  void forget() {
    on_end_ = nullptr;
    timer_.cancel();
    error_code ignored;
    socket_.close(ignored);
  }

  [[nodiscard]] const char* step() const noexcept { return step_; }

 private:
  [[nodiscard]] bool is_over() const noexcept { return on_end_ == nullptr; }

  void finish(const std::string& failure) {
    if (const End end = std::exchange(on_end_, nullptr)) end(details_, total_, failure);
    error_code ignored;
    socket_.close(ignored);
  }

  /// Ends a step and returns its time, as a part of the whole.
  std::chrono::nanoseconds end_step() {
    const auto now = steady_clock::now();
    const std::chrono::nanoseconds took = now - std::exchange(step_began_, now);
    total_ += took;
    return took;
  }

  /// The name service's thread cannot wake this one. The look-up's duration is measured there, without the
  /// wait.
  void look_for_name() {
    const auto result = resolution_->result();
    if (!result) {
      timer_.expires_after(kLookForName);
      timer_.async_wait([self = shared_from_this()](error_code error) {
        if (!error && !self->is_over()) self->look_for_name();
      });
      return;
    }
    // Another request may have started the look-up before.
    details_.phases.resolve = total_ =
        std::min<std::chrono::nanoseconds>(resolution_->took(), steady_clock::now() - step_began_);
    if (const auto* error = std::get_if<std::string>(&*result))
      return fail(target_.host + " has no address: " + *error);
    connect(std::get<net::SocketAddress>(*result));
  }

  void connect(const net::SocketAddress& address) {
    step_ = "the connection";
    step_began_ = steady_clock::now();
    asio::ip::tcp::endpoint endpoint;
    std::memcpy(endpoint.data(), address.get(), address.length);
    endpoint.resize(address.length);
    socket_.async_connect(endpoint, [self = shared_from_this()](error_code error) {
      if (self->is_over()) return;
      if (error) return self->fail(reason_of(error));
      self->details_.phases.connect = self->end_step();
      self->context_ != nullptr ? self->shake_hands() : self->ask();
    });
  }

  void shake_hands() {
    step_ = "the TLS handshake";
    tls_.emplace(socket_, *context_);
    net::expect_server(tls_->native_handle(), std::string(net::without_zone(target_.host)));
    if (target_.kind == ProbeKind::https) net::offer_http(tls_->native_handle());
    tls_->async_handshake(Tls::client, [self = shared_from_this()](error_code error) {
      if (self->is_over()) return;
      if (error) return self->fail(tls_reason_of(error));
      self->details_.phases.tls = self->end_step();
      self->look_at_certificate();
      self->target_.kind == ProbeKind::tls ? self->finish({}) : self->ask();
    });
  }

  /// A bad certificate does not end the probe: it reports the certificate, and the server too.
  void look_at_certificate() {
    const net::ServerCertificate certificate = net::server_certificate(tls_->native_handle());
    details_.certificate_trouble = certificate.trouble;
    details_.certificate_end = certificate.end;
  }

  void ask() {
    step_ = "the request";
    const std::uint16_t usual = target_.kind == ProbeKind::https ? 443 : 80;
    request_ = "GET " + target_.path + " HTTP/1.1\r\nHost: " + authority_of(target_, usual) +
               "\r\nUser-Agent: kymo-probe\r\nAccept: */*\r\nConnection: close\r\n\r\n";
    with_stream([this](auto& stream) {
      asio::async_write(stream, asio::buffer(request_),
                        [self = shared_from_this()](error_code error, std::size_t) {
                          if (self->is_over()) return;
                          if (error) return self->fail(reason_of(error));
                          self->read_first();
                        });
    });
  }

  void read_first() {
    step_ = "the first byte";
    with_stream([this](auto& stream) {
      stream.async_read_some(buffer_.prepare(4096),
                             [self = shared_from_this()](error_code error, std::size_t bytes) {
                               if (self->is_over()) return;
                               if (error) return self->fail(reason_of(error));
                               self->buffer_.commit(bytes);
                               self->details_.phases.first_byte = self->end_step();
                               self->read_header();
                             });
    });
  }

  void read_header() {
    step_ = "the answer";
    parser_.emplace();
    parser_->header_limit(kMostHeaderBytes);
    parser_->body_limit(boost::none);
    with_stream([this](auto& stream) {
      http::async_read_header(stream, buffer_, *parser_,
                              [self = shared_from_this()](error_code error, std::size_t) {
                                if (self->is_over()) return;
                                if (error) return self->fail(reason_of(error));
                                self->take_header();
                              });
    });
  }

  void take_header() {
    const unsigned status = parser_->get().result_int();
    constexpr unsigned kSwitching = 101;
    if (status < 200 && status != kSwitching && ++interim_ <= kMostInterim) return read_header();
    details_.http_status = status;
    read_body();
  }

  void read_body() {
    if (parser_->is_done() || body_bytes_ >= kMostBodyBytes) return end_answer();
    parser_->get().body() = {.data = scratch_.data(), .size = scratch_.size(), .more = true};
    with_stream([this](auto& stream) {
      http::async_read_some(stream, buffer_, *parser_,
                            [self = shared_from_this()](error_code error, std::size_t) {
                              if (!self->is_over()) self->take_body(error);
                            });
    });
  }

  void take_body(error_code error) {
    body_bytes_ += scratch_.size() - parser_->get().body().size;
    // Many servers close without TLS' close_notify. That is harmless if the end of the connection ends the
    // response.
    const bool is_end = parser_->get().need_eof() &&
                        (error == asio::ssl::error::stream_truncated || error == http::error::end_of_stream);
    if (is_end) return end_answer();
    if (error && error != http::error::need_buffer) return fail(reason_of(error));
    read_body();
  }

  void end_answer() {
    end_step();
    finish({});
  }

  /// The operations' streams have two types.
  template <class Begin>
  void with_stream(Begin begin) {
    tls_ ? begin(*tls_) : begin(socket_);
  }

  Target target_;
  asio::ssl::context* context_;
  End on_end_;
  SocketBudget::Place place_;
  asio::ip::tcp::socket socket_;
  std::optional<Tls> tls_;
  asio::steady_timer timer_;
  std::shared_ptr<const net::NameResolution> resolution_;
  const char* step_ = "";
  steady_clock::time_point step_began_;
  std::chrono::nanoseconds total_{};
  ProbeDetails details_;
  std::string request_;
  beast::flat_buffer buffer_{kMostHeaderBytes + 4096};
  std::optional<http::response_parser<http::buffer_body>> parser_;
  std::array<char, 4096> scratch_{};
  std::size_t body_bytes_ = 0;
  int interim_ = 0;
};

class RequestTransport final : public Transport {
 public:
  explicit RequestTransport(const TransportParts& parts) : parts_(parts) {
    if (parts_.target.kind != ProbeKind::http) make_context();
  }
  RequestTransport(const RequestTransport&) = delete;
  RequestTransport& operator=(const RequestTransport&) = delete;
  ~RequestTransport() override {
    for (const auto& [sequence, request] : requests_) request->forget();
  }

  void send(std::uint64_t sequence) override {
    if (requests_.size() >= kMostRequests)
      return parts_.events.on_unsent(sequence, "16 requests to it are under way already; probe less often");
    SocketBudget::Place place = parts_.sockets.take();
    if (place == nullptr) return parts_.events.on_unsent(sequence, parts_.sockets.reason());
    const bool is_name = !net::is_address(parts_.target.host);
    if (is_name && !ask_for_name())
      return parts_.events.on_unsent(sequence,
                                     "no thread could be made to resolve " + parts_.target.host + " on");
    const auto request = std::make_shared<Request>(
        parts_.io, parts_.target, context_ ? &*context_ : nullptr, std::move(place),
        [this, sequence](const ProbeDetails& details, std::chrono::nanoseconds total,
                         const std::string& failure) { take(sequence, details, total, failure); });
    requests_[sequence] = request;
    if (is_name) return request->begin(resolution_);
    const auto address = net::parse_address(parts_.target.host, parts_.target.port);
    address ? request->begin(*address) : request->fail("this machine has no interface of that zone");
  }

  [[nodiscard]] std::string waits_for(std::uint64_t sequence) const override {
    const auto found = requests_.find(sequence);
    return found == requests_.end() ? std::string() : found->second->step();
  }

  void give_up(std::uint64_t sequence) override {
    const auto found = requests_.find(sequence);
    if (found == requests_.end()) return;
    found->second->forget();
    requests_.erase(found);
  }

 private:
  static constexpr std::size_t kMostRequests = 16;

  /// A hanging name service occupies one thread a target, which nobody can end, and not one for each probe.
  /// False if no thread can be made.
  [[nodiscard]] bool ask_for_name() {
    if (resolution_ && !resolution_->result()) return true;
    try {
      resolution_ = std::make_shared<net::NameResolution>(parts_.target.host, parts_.target.port);
      return true;
    } catch (const std::system_error&) {
      return false;
    }
  }

  void make_context() {
    context_.emplace(asio::ssl::context::tls_client);
    error_code ignored;
    context_->set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 |
                              asio::ssl::context::no_tlsv1_1,
                          ignored);
    context_->set_default_verify_paths(ignored);
    context_->set_verify_mode(asio::ssl::verify_none, ignored);
  }

  void take(std::uint64_t sequence, const ProbeDetails& details, std::chrono::nanoseconds total,
            const std::string& failure) {
    requests_.erase(sequence);
    if (!failure.empty()) return parts_.events.on_failure(sequence, failure);
    Answer answer;
    answer.sequence = sequence;
    answer.arrived = steady_clock::now();
    answer.round_trip = total;
    answer.details = details;
    parts_.events.on_answer(answer);
  }

  TransportParts parts_;
  std::optional<asio::ssl::context> context_;  // before the requests, which use it
  std::shared_ptr<net::NameResolution> resolution_;
  std::map<std::uint64_t, std::shared_ptr<Request>> requests_;
};

}  // namespace

std::unique_ptr<Transport> make_request_transport(const TransportParts& parts) {
  return std::make_unique<RequestTransport>(parts);
}

}  // namespace kymo::KYMO_ABI::probe
