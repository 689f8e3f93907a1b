#include <kymo/net/websocket_client.h>

#include <algorithm>
#include <random>
#include <utility>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/error.hpp>
#include <boost/beast/websocket/stream.hpp>

#include "client_socket.h"

namespace kymo::KYMO_ABI::net {

namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;

struct WebsocketClient::Connection {
  websocket::stream<Transport> stream;

  Connection(OperationRunner& runner, const ClientUrl& url, const ClientOptions& options)
      : stream(connect(runner, url, options)) {}
};

namespace {

/// Opens the WebSocket on an established connection.
void shake_hands(OperationRunner& runner, websocket::stream<Transport>& stream, const ClientUrl& url,
                 const std::string& target, const ClientOptions& options, std::chrono::milliseconds silence) {
  stream.set_option(websocket::stream_base::timeout{options.timeout, silence, true});
  stream.read_message_max(options.max_bytes);
  stream.set_option(websocket::stream_base::decorator([&options](websocket::request_type& request) {
    if (!options.token.empty()) {
      request.set(beast::http::field::authorization, "Bearer " + options.token);
    }
  }));
  websocket::response_type answer;
  const std::string path = url.path + target;
  const auto error = runner.run(
      [&](auto handler) { stream.async_handshake(answer, url.authority(), path, std::move(handler)); });
  if (error == websocket::error::upgrade_declined) {
    throw status_error(url, answer.result_int(), !options.token.empty());
  }
  if (error) throw connection_error(url, error, options.timeout);
}

ClientError read_error(const ClientUrl& url, const boost::system::error_code& error,
                       const websocket::close_reason& reason, const ClientOptions& options,
                       std::chrono::milliseconds silence) {
  if (error == websocket::error::message_too_big) {
    return {ClientError::Kind::broken, url.authority() + ": a message of more than " +
                                           std::to_string(options.max_bytes) + " bytes, which is the limit"};
  }
  if (error == websocket::error::closed) {
    const std::string text(reason.reason.data(), reason.reason.size());
    return {ClientError::Kind::unreachable,
            url.authority() + " closed the connection" +
                (reason.code == websocket::close_code::going_away ? ": it is stopping" : "") +
                (text.empty() ? "" : ": " + text)};
  }
  return connection_error(url, error, silence);
}

}  // namespace

std::chrono::milliseconds back_off(unsigned attempt, double chance) noexcept {
  constexpr double kFirstMs = 500;
  constexpr double kLongestMs = 10'000;
  const double wait = std::min(kFirstMs * static_cast<double>(1U << std::min(attempt, 10U)), kLongestMs);
  return std::chrono::milliseconds(static_cast<std::int64_t>(wait * (0.75 + chance / 2)));
}

WebsocketClient::WebsocketClient(ClientUrl url, std::string target, ClientOptions options, Events events,
                                 std::chrono::milliseconds silence)
    : url_(std::move(url)),
      target_(std::move(target)),
      options_(std::move(options)),
      events_(std::move(events)),
      silence_(silence) {}

WebsocketClient::~WebsocketClient() = default;

void WebsocketClient::run() {
  std::minstd_rand chance(std::random_device{}());
  for (;;) {
    {
      const std::lock_guard lock(mutex_);
      connection_.reset();
      if (is_over_) return;
      runner_ = std::make_unique<OperationRunner>();
    }
    std::chrono::milliseconds wait{};
    try {
      serve_once();
    } catch (const ClientError& error) {
      if (error.kind() == ClientError::Kind::interrupted) return;
      wait = back_off(attempt_++, std::uniform_real_distribution<>(0, 1)(chance));
      events_.lost(error, wait);
    }
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, wait, [this] { return is_over_; });
  }
}

void WebsocketClient::serve_once() {
  connection_ = std::make_unique<Connection>(*runner_, url_, options_);
  auto& stream = connection_->stream;
  shake_hands(*runner_, stream, url_, target_, options_, silence_);
  events_.opened();
  beast::flat_buffer buffer;
  for (;;) {
    const auto error = runner_->run([&](auto handler) { stream.async_read(buffer, std::move(handler)); });
    if (error) throw read_error(url_, error, stream.reason(), options_, silence_);
    attempt_ = 0;
    events_.message(std::string_view(static_cast<const char*>(buffer.data().data()), buffer.size()));
    buffer.clear();
  }
}

void WebsocketClient::send(std::string_view text) {
  auto& stream = connection_->stream;
  stream.text(true);
  const auto error = runner_->run([&](auto handler) {
    stream.async_write(boost::asio::buffer(text.data(), text.size()), std::move(handler));
  });
  if (error) throw connection_error(url_, error, options_.timeout);
}

void WebsocketClient::interrupt() noexcept {
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
    if (runner_) runner_->interrupt();
  }
  wake_.notify_all();
}

}  // namespace kymo::KYMO_ABI::net
